import { createHash } from 'node:crypto';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import type { TFSavedModel } from '@tensorflow/tfjs-node/dist/saved_model.js';
import { EXIT, UserError } from '../model/errors.js';
import type { ModelInfo, TensorSignature } from '../model/recording.js';
import type { LoadedModel } from '../model/runnable.js';
import { assemble } from './assemble.js';
import { explainLoadError } from './explain-error.js';
import type { InputSpec } from './inputs/arrays.js';
import { withLimit } from './inputs/arrays.js';
import { flowOfMetaGraph } from './inputs/flow-graphs.js';
import { indexLimit } from './inputs/index-limits.js';
import type { LoadOptions } from './options.js';
import { decodeSavedModel, type Endpoint, type MetaGraph } from './saved-model/proto.js';
import { selectGraph, selectSignature } from './saved-model/select.js';
import { checkVariableFiles, countVariables, usedVariables } from './saved-model/variables.js';
import type { SavedModelContext } from './variants/context.js';

/**
 * Loads a SavedModel directory. Its description is read here; the TensorFlow session is made by the variant's
 * `prepare`, so that its cost is seen.
 *
 * @throws UserError when it is damaged, or has no such tags or signature (with the ones it has).
 */
export function loadSavedModel(directory: string, options: LoadOptions): Promise<LoadedModel> {
  return Promise.resolve().then(() => {
    const graph = selectGraph(readGraphs(directory), options.tags, directory);
    const { name: signature, signature: endpoints } = selectSignature(graph, options.signature, directory);
    const variables = usedVariables(graph, endpoints);
    if (variables.length > 0) checkVariableFiles(directory);
    const flow = flowOfMetaGraph(graph);
    const inputs = endpoints.inputs.map((endpoint) => withLimit(specOf(endpoint), indexLimit(flow, endpoint.tensor.split(':')[0] ?? '')));
    const info: ModelInfo = {
      name: options.name ?? path.basename(path.resolve(directory)),
      path: directory,
      runtime: 'saved-model',
      sha256: hashSavedModel(directory),
      parameters: countVariables(variables),
      nodes: graph.nodes.length + graph.functionNodes,
      inputs: inputs.map(({ name, dtype, shape }) => ({ name, dtype, shape })),
      outputs: endpoints.outputs.map(({ name, dtype, shape }): TensorSignature => ({ name, dtype, shape })),
      tags: graph.tags,
      signature,
    };
    // tfjs-node tells folders apart by the spelling of their path.
    const open: SavedModelContext['open'] = (session) => openSession(session === 'own' ? `${directory}${path.sep}.` : directory, graph.tags, signature, options);
    return assemble(info, inputs, options, (common): SavedModelContext => ({
      ...common, tf: options.tf, runtime: 'saved-model', open, closes: true,
    }));
  });
}

async function openSession(directory: string, tags: readonly string[], signature: string, { tf }: LoadOptions): Promise<TFSavedModel> {
  try {
    return await tf.node.loadSavedModel(directory, [...tags], signature);
  } catch (error) {
    throw explainLoadError(error, directory);
  }
}

function readGraphs(directory: string): MetaGraph[] {
  const file = path.join(directory, 'saved_model.pb');
  let graphs: MetaGraph[];
  try {
    graphs = decodeSavedModel(readFileSync(file));
  } catch (error) {
    throw new UserError(`${file} is damaged: export or copy the model again.`, EXIT.badInput, { cause: error });
  }
  if (graphs.length === 0) throw new UserError(`${file} holds no graph: export or copy the model again.`);
  return graphs;
}

const specOf = ({ name, dtype, shape, unknownRank }: Endpoint): InputSpec =>
  unknownRank ? { name, dtype, shape, unknownRank } : { name, dtype, shape };

/** The graph, the variables and the assets; fingerprints and Keras metadata change with each export and are left out. */
function hashSavedModel(directory: string): string {
  const hash = createHash('sha256');
  const files = ['variables', 'assets'].flatMap((folder) => filesUnder(path.join(directory, folder)));
  for (const file of [path.join(directory, 'saved_model.pb'), ...files]) {
    hash.update(path.relative(directory, file)).update(readFileSync(file));
  }
  return hash.digest('hex');
}

const filesUnder = (folder: string): string[] =>
  existsSync(folder)
    ? readdirSync(folder, { withFileTypes: true }).filter((entry) => entry.isFile()).map((entry) => path.join(folder, entry.name)).sort()
    : [];
