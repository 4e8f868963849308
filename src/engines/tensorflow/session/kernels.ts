import type { SessionKernel } from '../../../model/session.js';
import { estimateBytes, estimateFlops } from '../../../model/work.js';
import type { StepNode } from './decode-step-stats.js';
import { dtypeName } from '../../../model/dtypes.js';
import type { NodeInput } from './label.js';
import { modelScope, withoutScope } from './layer-name.js';
import { parentsOf } from './nesting.js';
import type { KernelDetails, KnownNode, StepOutput } from './node-table.js';
import { wallShares } from '../../session/wall-share.js';

/**
 * @param nodes of one run, in any order
 * @param offsetNanos added to each start
 * @param fused operations fused into a node, by its name
 * @returns kernels in order of start, a call before the kernels of its body
 */
export function kernelsOf(nodes: readonly StepNode[], offsetNanos: number, fused: ReadonlyMap<string, readonly string[]>): SessionKernel[] {
  const ordered = nodes.filter(isKernel).sort(byStart);
  const parents = parentsOf(ordered);
  const shares = wallShares(
    ordered.map(({ startNanos, durationNanos, known }) => ({ startNanos, durationNanos, role: known.isCall ? 'call' : 'kernel' })),
  );
  const layers = layersOf(ordered, parents);
  const produced = new Map<string, readonly StepOutput[]>();
  return ordered.map((node, index) => {
    const { known } = node;
    const details = detailsOf(node, produced);
    produced.set(known.name, node.outputs);
    return {
      op: known.op,
      node: known.name,
      layer: layers[index] ?? null,
      parent: parents[index] ?? -1,
      startNanos: Math.round(node.startNanos + offsetNanos),
      durationNanos: node.durationNanos,
      wallNanos: shares[index] ?? 0,
      inputShapes: details.inputShapes,
      outputShapes: details.outputShapes,
      outputDtypes: details.outputDtypes,
      outputBytes: details.outputBytes,
      allocatedBytes: node.allocatedBytes,
      fused: fused.get(known.name) ?? NONE,
      repeat: 1,
      flops: details.flops,
      bytesMoved: details.bytesMoved,
    };
  });
}

const NONE: readonly string[] = [];

/** The executor's own source and sink carry no work. */
const isKernel = ({ known }: StepNode): boolean => known.name !== '_SOURCE' && known.name !== '_SINK';

/** At the same nanosecond the longer one, a call, comes first. */
const byStart = (a: StepNode, b: StepNode): number => a.startNanos - b.startNanos || b.durationNanos - a.durationNanos;

/** Layers without the model's name; the kernels of a function's body belong to the layer that called it. */
function layersOf(nodes: readonly StepNode[], parents: Int32Array): (string | null)[] {
  const scope = modelScope(nodes.map(({ known }, index) => (parents[index] === -1 ? known.layer : null)));
  const stripped = new Map<KnownNode, string | null>();
  const layers: (string | null)[] = [];
  nodes.forEach(({ known }, index) => {
    const parent = parents[index] ?? -1;
    let layer = parent < 0 ? stripped.get(known) : layers[parent];
    if (layer === undefined) stripped.set(known, (layer = withoutScope(known.layer, scope)));
    layers.push(layer);
  });
  return layers;
}

/** Shapes and estimates, worked out again only when an input or output is another than the last time. */
function detailsOf({ known, outputs }: StepNode, produced: ReadonlyMap<string, readonly StepOutput[]>): KernelDetails {
  const last = known.details;
  if (last !== null && last.outputs === outputs && known.inputs.every((input, index) => outputOf(produced, input) === last.inputs[index]))
    return last;
  const inputs = known.inputs.map((input) => outputOf(produced, input));
  const outputBytes = outputs.reduce((sum, output) => sum + output.bytes, 0);
  known.details = {
    inputs,
    outputs,
    inputShapes: inputs.map(shapeText),
    outputShapes: outputs.map(shapeText),
    outputDtypes: outputs.map((output) => dtypeName(output.dtype)),
    outputBytes,
    flops: estimateFlops({
      op: known.op,
      inputs: inputs.map((input) => input?.shape ?? null),
      outputs: outputs.map((output) => output.shape),
    }),
    bytesMoved: estimateBytes(
      known.op,
      inputs.map((input) => input?.bytes ?? null),
      outputBytes,
    ),
  };
  return known.details;
}

function outputOf(produced: ReadonlyMap<string, readonly StepOutput[]>, input: NodeInput): StepOutput | undefined {
  const outputs = produced.get(input.node);
  if (outputs === undefined) return undefined;
  const direct = outputs[input.slot];
  return direct?.slot === input.slot ? direct : outputs.find((output) => output.slot === input.slot);
}

function shapeText(output: StepOutput | undefined): string {
  if (output === undefined) return '?';
  return output.shape === null ? '[?]' : `[${output.shape.join(',')}]`;
}
