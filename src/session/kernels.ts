import type { SessionKernel } from '../model/session.js';
import type { StepNode, StepOutput } from './decode-step-stats.js';
import { dtypeName } from './dtypes.js';
import { estimateBytes, estimateFlops } from './flops.js';
import { type NodeInput, type NodeLabel, parseLabel } from './label.js';
import { layerOf, modelScope, withoutScope } from './layer-name.js';
import { isCall, parentsOf } from './nesting.js';
import { wallShares } from './wall-share.js';

/** What names tell is the same in each call: read once a model. */
export interface NameCache {
  readonly labels: Map<string, NodeLabel>;
  readonly layers: Map<string, string | null>;
  readonly fused: ReadonlyMap<string, readonly string[]>;
}

/** Beyond this many names a model makes new ones at each call, and keeping them would be a leak. */
const MAX_NAMES = 100_000;

/**
 * @param nodes of one run, in any order
 * @param offsetNanos added to each start
 * @returns kernels in order of start, a call before the kernels of its body
 */
export function kernelsOf(nodes: readonly StepNode[], offsetNanos: number, names: NameCache): SessionKernel[] {
  const ordered = nodes.filter(isKernel).toSorted(byStart).map((node) => labelled(node, names));
  const parents = parentsOf(ordered);
  const shares = wallShares(ordered.map((node) => ({ ...node, role: isCall(node.op) ? 'call' : 'kernel' })));
  const layers = layersOf(ordered, parents, names);
  const produced = new Map<string, readonly StepOutput[]>();
  return ordered.map((node, index) => {
    const inputs = node.inputs.map((input) => outputOf(produced, input));
    produced.set(node.node, node.outputs);
    const outputBytes = node.outputs.reduce((sum, output) => sum + output.bytes, 0);
    return {
      op: node.op,
      node: node.node,
      layer: layers[index] ?? null,
      parent: parents[index] ?? -1,
      startNanos: Math.round(node.startNanos + offsetNanos),
      durationNanos: node.durationNanos,
      wallNanos: shares[index] ?? 0,
      inputShapes: inputs.map(shapeText),
      outputShapes: node.outputs.map(shapeText),
      outputDtypes: node.outputs.map((output) => dtypeName(output.dtype)),
      outputBytes,
      allocatedBytes: node.allocatedBytes,
      fused: names.fused.get(node.node) ?? [],
      repeat: 1,
      flops: estimateFlops({ op: node.op, inputs: inputs.map((input) => input?.shape ?? null), outputs: node.outputs.map((output) => output.shape) }),
      bytesMoved: estimateBytes(node.op, inputs.map((input) => input?.bytes ?? null), outputBytes),
    };
  });
}

/** The executor's own source and sink carry no work. */
const isKernel = (node: StepNode): boolean => node.node !== '_SOURCE' && node.node !== '_SINK';

/** At the same nanosecond the longer one, a call, comes first. */
const byStart = (a: StepNode, b: StepNode): number => a.startNanos - b.startNanos || b.durationNanos - a.durationNanos;

interface LabelledNode extends StepNode, NodeLabel {}

function labelled(node: StepNode, names: NameCache): LabelledNode {
  const { op, inputs } = remembered(names.labels, node.label, parseLabel);
  return { ...node, op: op === '' ? node.node : op, inputs };
}

/** Layers without the model's name; the kernels of a function's body belong to the layer that called it. */
function layersOf(nodes: readonly LabelledNode[], parents: Int32Array, names: NameCache): (string | null)[] {
  const paths = nodes.map((node) => remembered(names.layers, node.node, layerOf));
  const scope = modelScope(paths.filter((_, index) => parents[index] === -1));
  const layers: (string | null)[] = [];
  paths.forEach((path, index) => {
    const parent = parents[index] ?? -1;
    layers.push(parent < 0 ? withoutScope(path, scope) : (layers[parent] ?? null));
  });
  return layers;
}

function outputOf(produced: ReadonlyMap<string, readonly StepOutput[]>, input: NodeInput): StepOutput | undefined {
  return produced.get(input.node)?.find((output) => output.slot === input.slot);
}

function shapeText(output: StepOutput | undefined): string {
  if (output === undefined) return '?';
  return output.shape === null ? '[?]' : `[${output.shape.join(',')}]`;
}

function remembered<Value>(cache: Map<string, Value>, name: string, read: (name: string) => Value): Value {
  const known = cache.get(name);
  if (known !== undefined) return known;
  if (cache.size >= MAX_NAMES) cache.clear();
  const value = read(name);
  cache.set(name, value);
  return value;
}
