import { UserError } from '../../../model/errors.js';
import { isRandom } from './graph-body.js';
import type { Backend, RawValues, Tensor } from './tfjs.js';
import type { Ref, Trace } from './trace-model.js';
import type { Moves } from './moves.js';
import { type Tolerance, floatDifference } from '../../../model/tolerance.js';

/** What rows of other rows may change in a padded batch. */
export const GRAPH_TOLERANCE: Tolerance = { absolute: 1e-6, relative: 1e-4 };
export const XLA_TOLERANCE: Tolerance = { absolute: 1e-5, relative: 1e-3 };

/** Eight units in the last place of the largest value: no model is asked how sensitive it is for less. */
const ROUNDING = 1e-6;
/**
 * What rounding in a deep model comes to where the model could not be asked: a call that waits, with whole numbers as its only
 * input, moves by nothing. Measured on detectors of 640 pixels: up to 1.4e-6.
 */
const UNASKED = 1e-5;
/** A model that magnifies rounding by more than this, as a share of its largest value, cannot be checked. */
const MAX_SHARE = 0.02;
/** XLA has functions (`exp`, `tanh`) of its own, some ten units in the last place from TensorFlow's. */
const XLA_FACTOR = 10;

/** How an output of the graph differs from that of operation-by-operation execution. */
export type OutputDifference =
  | { readonly kind: 'float'; readonly output: number; readonly largest: number; readonly scale: number }
  /** Integers, booleans, strings: how many of the values are others. */
  | { readonly kind: 'whole'; readonly output: number; readonly count: number };

/**
 * Compares the graph's outputs with those of operation-by-operation execution.
 * Outputs that depend on random operations are compared by type and shape only; with `types` all are.
 * @throws UserError when a type or shape differs
 */
export function differencesOf(
  backend: Backend,
  trace: Pick<Trace, 'nodes' | 'outputs'>,
  expected: readonly Tensor[],
  actual: readonly Tensor[],
  check: 'values' | 'types' = 'values',
): OutputDifference[] {
  const random = randomNodes(trace);
  return expected.flatMap((want, output): OutputDifference[] => {
    const got = actual[output];
    if (got === undefined || got.dtype !== want.dtype || got.shape.join() !== want.shape.join()) {
      const found = got === undefined ? 'nothing' : `${got.dtype}[${got.shape.join()}]`;
      throw new UserError(
        `The traced graph gives ${found} for output ${output}, not ${want.dtype}[${want.shape.join()}]: it is not used. Run this model without tracing.`,
      );
    }
    const ref = trace.outputs[output];
    if (check === 'types' || (ref !== undefined && dependsOn(ref, random))) return [];
    return [differenceOf(valuesOf(backend, want), valuesOf(backend, got), output)];
  });
}

/** True when rounding alone explains every difference, so that the model need not be asked how sensitive it is. */
export const isRounding = (differences: readonly OutputDifference[]): boolean =>
  differences.every((one) => (one.kind === 'float' ? one.largest <= ROUNDING * one.scale : one.count === 0));

/** What a difference is held against: what the caller allows, or how far the model's outputs move by themselves. */
export type Yardstick =
  { readonly kind: 'given'; readonly tolerance: Tolerance } | { readonly kind: 'own'; readonly moves: Moves; readonly xla: boolean };

/**
 * @returns the largest difference of any float output
 * @throws UserError beyond what the yardstick allows
 */
export function judgeDifferences(differences: readonly OutputDifference[], yardstick: Yardstick): number {
  for (const one of differences) {
    if (one.kind === 'float' ? one.largest > allowedOf(one, yardstick) : one.count > allowedCount(one.output, yardstick))
      throw refusal(one, yardstick);
  }
  return Math.max(0, ...differences.map((one) => (one.kind === 'float' ? one.largest : 0)));
}

function allowedOf({ output, scale }: OutputDifference & { kind: 'float' }, yardstick: Yardstick): number {
  if (yardstick.kind === 'given') return yardstick.tolerance.absolute + yardstick.tolerance.relative * scale;
  const { moves, xla } = yardstick;
  const move = moves.byOutput[output] ?? 0;
  const own = (move === 0 ? UNASKED : ROUNDING) * scale + moves.factor * move;
  return Math.min((xla ? XLA_FACTOR : 1) * own, MAX_SHARE * scale);
}

/** A whole number may tip over (the place of the largest value) where it does so by rounding too. */
const allowedCount = (output: number, yardstick: Yardstick): number =>
  yardstick.kind === 'given' ? 0 : (yardstick.moves.byOutput[output] ?? 0);

function refusal(one: OutputDifference, yardstick: Yardstick): UserError {
  const end = 'it is not used. Run this model without tracing.';
  if (one.kind === 'whole')
    return new UserError(`The traced graph gives other values than operation-by-operation execution for output ${one.output}: ${end}`);
  const allowed = allowedOf(one, yardstick).toPrecision(2);
  return new UserError(
    `The traced graph differs from operation-by-operation execution by up to ${one.largest.toPrecision(3)} in output ${one.output} (largest value ${one.scale.toPrecision(3)}, rounding explains ${allowed}): ${end}`,
  );
}

export function valuesOf(backend: Backend, tensor: Tensor): RawValues {
  const [id] = backend.getInputTensorIds([tensor]);
  return backend.binding.tensorDataSync(id ?? -1);
}

export function differenceOf(want: RawValues, got: RawValues, output: number): OutputDifference {
  if (want instanceof Float32Array && got instanceof Float32Array) {
    const { largest, scale } = floatDifference(want, got, GRAPH_TOLERANCE);
    return { kind: 'float', output, largest, scale };
  }
  const [a, b] = [plain(want), plain(got)];
  const count = a.filter((value, at) => value !== b[at]).length + Math.abs(a.length - b.length);
  return { kind: 'whole', output, count };
}

function plain(values: RawValues): string[] {
  if (Array.isArray(values)) return values.map((bytes) => Buffer.from(bytes).toString('hex'));
  return Array.from(values as ArrayLike<number | bigint>, String);
}

/** Nodes whose result differs from run to run. */
function randomNodes(trace: Pick<Trace, 'nodes'>): ReadonlySet<number> {
  const found = new Set<number>();
  trace.nodes.forEach((node, index) => {
    if (isRandom(node.op) || node.inputs.some((ref) => dependsOn(ref, found))) found.add(index);
  });
  return found;
}

const dependsOn = (ref: Ref, nodes: ReadonlySet<number>): boolean => ref.from === 'node' && nodes.has(ref.node);
