import type { SessionKernel } from '../../../model/session.js';
import type { ProfileNode, ProfileTensor, RunProfile } from './decode-profile.js';
import type { KnownNode, NodesByName } from './graph-view.js';
import { bodiesOf } from '../load/graph.js';
import { placeNodes, type ProfilerShare } from './layout.js';
import { kernelWork, type KernelWork } from './work.js';

export interface KernelContext {
  /** Added to each time: the profile's beginning on the clock of `performance.now()`, nanoseconds. */
  readonly originNanos: number;
  readonly unitNanos: number;
  readonly share: ProfilerShare;
  /** Nodes of the graph that runs; empty where it could not be read. */
  readonly nodes: NodesByName;
}

/** @returns kernels in order of start, one that holds a subgraph before the kernels of that */
export function kernelsOf(profile: RunProfile, context: KernelContext): SessionKernel[] {
  const places = placeNodes(profile, context.unitNanos, context.share);
  const known: (KnownNode | undefined)[] = [];
  return profile.nodes.map((node, index) => {
    const { parent, startNanos, durationNanos, wallNanos } = places[index] ?? NOWHERE;
    const info = (parent < 0 ? context.nodes : known[parent]?.inner)?.get(node.name);
    known.push(info);
    const details = detailsOf(node, info);
    return {
      op: node.op,
      node: node.name,
      layer: layerOf(info, node.name),
      parent,
      startNanos: Math.round(startNanos + context.originNanos),
      durationNanos,
      wallNanos,
      inputShapes: details.inputShapes,
      outputShapes: details.outputShapes,
      outputDtypes: details.outputDtypes,
      outputBytes: node.outputBytes,
      allocatedBytes: node.allocatedBytes,
      fused: details.fused,
      repeat: 1,
      flops: details.work.flops,
      bytesMoved: details.work.bytesMoved,
    };
  });
}

const NOWHERE = { parent: -1, startNanos: 0, durationNanos: 0, wallNanos: 0 };

interface Details {
  readonly inputShapes: readonly string[];
  readonly outputShapes: readonly string[];
  readonly outputDtypes: readonly string[];
  readonly fused: readonly string[];
  readonly work: KernelWork;
}

function detailsOf(node: ProfileNode, known: KnownNode | undefined): Details {
  const inputs = known === undefined ? node.inputs : withPacked(node.inputs, known.inputs);
  // A kernel that holds a subgraph does nothing itself: its work is that of the kernels inside.
  const holds = known !== undefined && bodiesOf(known.node).length > 0;
  return {
    inputShapes: inputs.map(shapeText),
    outputShapes: node.outputs.map(shapeText),
    outputDtypes: node.outputs.map(({ dtype }) => dtype),
    fused: fusedIn(known),
    work: holds ? NO_WORK : kernelWork(node.op, inputs, node.outputs, known),
  };
}

const NO_WORK: KernelWork = { flops: null, bytesMoved: null };

/**
 * All inputs in the order of the graph. The profile tells of those that were tensors at the run; weights that were packed when the
 * session was made are missing, and their shapes come from the graph. Null where neither knows.
 */
function withPacked(told: readonly ProfileTensor[], expected: readonly (ProfileTensor | null)[]): readonly (ProfileTensor | null)[] {
  if (told.length >= expected.length) return told;
  let missing = expected.length - told.length;
  let next = 0;
  return expected.map((stored) => {
    const candidate = told[next];
    if (stored !== null && missing > 0 && (candidate === undefined || !sameTensor(stored, candidate))) {
      missing--;
      return stored;
    }
    next++;
    return candidate ?? stored;
  });
}

const sameTensor = (a: ProfileTensor, b: ProfileTensor): boolean => a.dtype === b.dtype && shapeText(a) === shapeText(b);

const shapeText = (tensor: ProfileTensor | null): string =>
  tensor === null ? '?' : tensor.shape === null ? '[?]' : `[${tensor.shape.join(',')}]`;

/** Do nothing by themselves: what is left of them in a kernel is nothing. */
/** Of these a layer is not called. */
const CONVERSION = /^(Constant|Identity|Cast|QuantizeLinear|DequantizeLinear)$/;

const NOTHING: ReadonlySet<string> = new Set(['Constant', 'Identity']);

/** Operations of the original graph, where there are several. */
function fusedIn(known: KnownNode | undefined): readonly string[] {
  const ops = (known?.held ?? []).map(({ op }) => op).filter((op) => !NOTHING.has(op));
  return ops.length > 1 ? ops : NONE;
}

const NONE: readonly string[] = [];

/** `/encoder/layer.0/query/MatMul` → `encoder/layer.0/query`: exporters name nodes by modules. Null where the name has no path. */
function layerOf(known: KnownNode | undefined, name: string): string | null {
  const original = (known?.held.find(({ op }) => !CONVERSION.test(op)) ?? known?.held[0])?.name ?? name;
  // The optimiser appends its own words: `fused /a/MatMul/MatMulAddFusion/`.
  const segments = original
    .replace(/^fused /, '')
    .split('/')
    .filter((segment) => segment !== '' && !segment.endsWith('Fusion'));
  return segments.length > 1 ? segments.slice(0, -1).join('/') : null;
}
