import type { GraphModel } from '@tensorflow/tfjs-node';
import { ASYNC_ONLY } from '../model/graph-operations.js';
import type { ModelInfo, TensorSignature } from '../model/recording.js';
import type { LoadedModel } from '../model/runnable.js';
import { readArtifacts, type Artifacts } from './artifacts/read-artifacts.js';
import { countParameters } from './artifacts/weight-files.js';
import { assemble } from './assemble.js';
import { explainLoadError } from './explain-error.js';
import type { InputSpec } from './inputs/arrays.js';
import { nameOfFile } from './load-layers-model.js';
import type { LoadOptions } from './options.js';
import { isRecord } from './recognise.js';
import type { ModelArtifacts } from './tensorflow.js';
import type { GraphContext } from './variants/context.js';

/** Loads a graph model from its `model.json`. @throws UserError when it is damaged. */
export async function loadGraphModel(file: string, options: LoadOptions): Promise<LoadedModel> {
  const name = options.name ?? nameOfFile(file);
  return graphModelFrom(await readArtifacts(options.tf, file), { name, path: file }, options);
}

/** A graph model from artifacts in memory. Every variant rebuilds it from these. */
export async function graphModelFrom(
  { artifacts, sha256 }: Artifacts,
  names: Pick<ModelInfo, 'name' | 'path'>,
  options: LoadOptions,
): Promise<LoadedModel> {
  const { tf } = options;
  const open = opener(options, artifacts, names.name);
  const probe = await open();
  try {
    const inputs = signatures(probe.inputs);
    const nodes = graphNodes(artifacts.modelTopology);
    const info: ModelInfo = {
      ...names,
      runtime: 'graph-model',
      sha256,
      parameters: countParameters((artifacts.weightSpecs ?? [])),
      nodes: nodes.length,
      inputs: inputs.map(({ name, dtype, shape }) => ({ name, dtype, shape })),
      outputs: outputSignatures(probe, artifacts),
    };
    const asyncOnly = [...new Set(nodes.map((node) => node.op).filter((op) => ASYNC_ONLY.has(op)))];
    return assemble(info, inputs, options, (common): GraphContext => ({ ...common, tf, runtime: 'graph-model', open, asyncOnly }));
  } finally {
    probe.dispose();
  }
}

function opener({ tf }: LoadOptions, artifacts: ModelArtifacts, name: string): () => Promise<GraphModel> {
  return async () => {
    try {
      return await tf.loadGraphModel(tf.io.fromMemory(artifacts));
    } catch (error) {
      throw explainLoadError(error, name);
    }
  };
}

/** tfjs leaves the shape out where the graph does not tell it. */
function signatures(tensors: GraphModel['inputs']): (TensorSignature & InputSpec)[] {
  return tensors.map(({ name, dtype, shape }) => {
    const known = shape as readonly (number | null)[] | undefined;
    const base = { name, dtype, shape: (known ?? []).map((n) => n ?? -1) };
    return known === undefined ? { ...base, unknownRank: true } : base;
  });
}

/** The graph's own nodes have no dtype or shape at their end; the converter's signature tells them, where there is one. */
function outputSignatures(model: GraphModel, { signature, userDefinedMetadata }: ModelArtifacts): TensorSignature[] {
  const described = (userDefinedMetadata as { signature?: unknown } | undefined)?.signature ?? signature;
  const outputs = isRecord(described) && isRecord(described['outputs']) ? Object.entries(described['outputs']) : [];
  return model.outputNodes.map((name) => {
    // tfjs renames output nodes to their keys in the signature.
    const info = outputs.find(([key, one]) => key === name || (isRecord(one) && [name, `${name}:0`].includes(String(one['name']))))?.[1] as
      | SignatureInfo
      | undefined;
    return {
      name,
      dtype: DTYPES[info?.dtype ?? ''] ?? 'unknown',
      shape: (info?.tensorShape?.dim ?? []).map(({ size }) => Number(size ?? 0)),
    };
  });
}

interface SignatureInfo {
  readonly dtype?: string;
  readonly tensorShape?: { readonly dim?: readonly { readonly size?: string | number }[] };
}

const DTYPES: Readonly<Record<string, string>> = {
  DT_FLOAT: 'float32', DT_INT32: 'int32', DT_INT64: 'int32', DT_UINT8: 'int32', DT_BOOL: 'bool', DT_STRING: 'string', DT_COMPLEX64: 'complex64',
};

/** Nodes of the graph and of the functions in its library. */
function graphNodes(topology: unknown): readonly { readonly op: string }[] {
  if (!isRecord(topology)) return [];
  const { node, library } = topology as { node?: { op: string }[]; library?: { function?: { nodeDef?: { op: string }[] }[] } };
  return [...(node ?? []), ...(library?.function ?? []).flatMap((body) => body.nodeDef ?? [])];
}
