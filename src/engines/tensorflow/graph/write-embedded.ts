import { existsSync, renameSync, rmSync, rmdirSync } from 'node:fs';
import { EXIT, UserError } from '../../../model/errors.js';
import { given } from '../../../model/given.js';
import { eagerRun } from './embedded-entry.js';
import { LoadedGraph } from './loaded-graph.js';
import type { Backend, GraphModel, Tensor, Tf } from './tfjs.js';
import { nodeBackendOf } from './tfjs.js';
import { topologyOf } from './topology.js';
import { verifyCallAsync } from './verify-call.js';
import { wholeGraphOf } from './whole-graph.js';
import type { WrittenModel } from './write-saved-model.js';
import { stagingFolder } from './write-saved-model.js';
import type { Tolerance } from '../../../model/tolerance.js';

/**
 * Writes a graph model with control flow as a SavedModel: its own graph, node by node, weights as constants. It is loaded
 * and compared with tfjs's executor on every set of inputs before it gets its final name.
 * @throws UserError when it cannot be put into a graph, differs beyond the tolerance, or `out` exists and is not empty
 */
export async function writeEmbeddedModel(
  tf: Tf,
  model: GraphModel,
  out: string,
  samples: readonly (readonly Tensor[])[],
  tolerance?: Tolerance,
): Promise<WrittenModel> {
  const backend = nodeBackendOf(tf);
  const topology = topologyOf(model);
  if (backend === null) throw new UserError('Compiling needs the native backend of @tensorflow/tfjs-node.', EXIT.unavailable);
  if (topology === null) throw new UserError('The graph model keeps no topology, so its control flow cannot be written.');
  const staging = stagingFolder(out);
  try {
    const whole = wholeGraphOf(backend, { model, topology });
    const graph = whole.graph();
    const loaded = new LoadedGraph(backend, graph, { kept: staging });
    try {
      let largestDifference = 0;
      for (const inputs of samples)
        largestDifference = Math.max(largestDifference, await differenceOn(backend, model, loaded, inputs, tolerance, whole.check));
      if (existsSync(out)) rmdirSync(out);
      renameSync(staging, out);
      return {
        directory: out,
        graphBytes: loaded.graphBytes,
        nodes: graph.nodes.length,
        largestDifference,
        tolerance: tolerance ?? null,
        checks: samples.length,
      };
    } finally {
      loaded.dispose();
    }
  } finally {
    rmSync(staging, { recursive: true, force: true });
  }
}

async function differenceOn(
  backend: Backend,
  model: GraphModel,
  loaded: LoadedGraph,
  inputs: readonly Tensor[],
  tolerance: Tolerance | undefined,
  check: 'values' | 'types',
): Promise<number> {
  const eager = await eagerRun(model, inputs, model.outputNodes);
  const results: Tensor[] = [];
  try {
    results.push(...loaded.run(inputs));
    const run = async (moved: readonly Tensor[]): Promise<readonly Tensor[]> => (await eagerRun(model, moved, model.outputNodes)).tensors;
    const compared = { trace: { nodes: [], outputs: [] }, inputs, eager: eager.tensors, results };
    return await verifyCallAsync({ backend, options: given({ tolerance }), check, run }, compared);
  } finally {
    eager.dispose();
    for (const tensor of results) tensor.dispose();
  }
}
