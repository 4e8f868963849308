import type { GraphModel } from '@tensorflow/tfjs-node';
import { ASYNC_ONLY } from '../../../model/graph-operations.js';
import type { ModelInfo, TensorSignature } from '../../../model/recording.js';
import type { LoadedModel } from '../../../model/runnable.js';
import { readArtifacts, type Artifacts } from './artifacts/read-artifacts.js';
import { countParameters } from './artifacts/weight-files.js';
import { assemble } from './assemble.js';
import { explainLoadError } from './explain-error.js';
import type { InputSpec } from '../../../inputs/arrays.js';
import { withLimit } from '../../../inputs/arrays.js';
import { flowOfTopology } from './flow-graphs.js';
import { indexLimit } from './index-limits.js';
import { nameOfFile } from './load-layers-model.js';
import type { LoadOptions } from './options.js';
import { isRecord } from '../../../model/is-record.js';
import type { ModelArtifacts } from './tensorflow.js';
import type { GraphContext } from './variants/context.js';

/** Loads a graph model from its `model.json`. @throws UserError when it is damaged. */
export async function loadGraphModel(file: string, options: LoadOptions): Promise<LoadedModel> {
  const name = options.name ?? nameOfFile(file);
  return graphModelFrom(await readArtifacts(options, file), { name, path: file }, options);
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
    const flow = flowOfTopology(artifacts.modelTopology, artifacts.weightSpecs ?? []);
    const inputs = signatures(
      probe.inputs.filter((input) => !isResource(input, artifacts)),
      artifacts,
    ).map((spec) => withLimit(spec, indexLimit(flow, spec.name.replace(/:0$/, ''))));
    const nodes = graphNodes(artifacts.modelTopology);
    const info: ModelInfo = {
      ...names,
      runtime: 'graph-model',
      sha256,
      parameters: countParameters(artifacts.weightSpecs ?? []),
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

/** A table or another resource that the model's initialiser makes: tfjs lists it among the inputs, and fills it in itself. */
function isResource({ name, dtype }: GraphModel['inputs'][number], artifacts: ModelArtifacts): boolean {
  const info = described(artifacts, 'inputs').find(([key, one]) => isNamed(name, key, one))?.[1];
  return (
    (dtype as string | null) === null || (dtype as string) === 'resource' || info?.dtype === 'DT_RESOURCE' || info?.resourceId !== undefined
  );
}

/** tfjs leaves the shape out where the graph does not tell it; the converter's signature may. */
function signatures(tensors: GraphModel['inputs'], artifacts: ModelArtifacts): (TensorSignature & InputSpec)[] {
  return tensors.map(({ name, dtype, shape }) => {
    const own = shape as readonly (number | null)[] | undefined;
    const told = described(artifacts, 'inputs').find(([key, one]) => isNamed(name, key, one))?.[1].tensorShape;
    const known =
      own ??
      (told === undefined || told.unknownRank === true || told.dim === undefined
        ? undefined
        : told.dim.map(({ size }) => Number(size ?? -1)));
    const base = { name, dtype, shape: (known ?? []).map((n) => n ?? -1) };
    return known === undefined ? { ...base, unknownRank: true } : base;
  });
}

/** One side of the converter's signature, where there is one. */
function described({ signature, userDefinedMetadata }: ModelArtifacts, side: 'inputs' | 'outputs'): [string, SignatureInfo][] {
  const all = (userDefinedMetadata as { signature?: unknown } | undefined)?.signature ?? signature;
  const entries = isRecord(all) ? all[side] : undefined;
  return isRecord(entries)
    ? Object.entries(entries).filter((entry): entry is [string, SignatureInfo & Record<string, unknown>] => isRecord(entry[1]))
    : [];
}

/** tfjs renames nodes to their keys in the signature. */
const isNamed = (name: string, key: string, info: SignatureInfo): boolean =>
  key === name || [name, `${name}:0`].includes(String(info.name));

/** The graph's own nodes have no dtype or shape at their end; the converter's signature tells them, where there is one. */
function outputSignatures(model: GraphModel, artifacts: ModelArtifacts): TensorSignature[] {
  const outputs = described(artifacts, 'outputs');
  return model.outputNodes.map((name) => {
    const info = outputs.find(([key, one]) => isNamed(name, key, one))?.[1];
    return {
      name,
      dtype: DTYPES[info?.dtype ?? ''] ?? 'unknown',
      shape: (info?.tensorShape?.dim ?? []).map(({ size }) => Number(size ?? 0)),
    };
  });
}

interface SignatureInfo {
  readonly name?: string;
  readonly dtype?: string;
  readonly resourceId?: unknown;
  readonly tensorShape?: { readonly unknownRank?: boolean; readonly dim?: readonly { readonly size?: string | number }[] };
}

const DTYPES: Readonly<Record<string, string>> = {
  DT_FLOAT: 'float32',
  DT_INT32: 'int32',
  DT_INT64: 'int32',
  DT_UINT8: 'int32',
  DT_BOOL: 'bool',
  DT_STRING: 'string',
  DT_COMPLEX64: 'complex64',
};

/** Nodes of the graph and of the functions in its library. */
function graphNodes(topology: unknown): readonly { readonly op: string }[] {
  if (!isRecord(topology)) return [];
  const { node, library } = topology as { node?: { op: string }[]; library?: { function?: { nodeDef?: { op: string }[] }[] } };
  return [...(node ?? []), ...(library?.function ?? []).flatMap((body) => body.nodeDef ?? [])];
}
