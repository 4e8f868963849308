/** What a call gives, as numbers, so that the answers of two models can be held against each other. */
import type { Engine, ModelOutput, OutputData } from '../engines/engine.js';
import type { Parity, ParityReason, VariantParity } from '../model/parity.js';
import type { LoadedModel, RunnableVariant } from '../model/runnable.js';
import { sizeOf } from '../model/shape-size.js';
import { variantKey } from '../model/variant.js';
import { channelsMove, moveChannels } from '../inputs/layouts.js';
import { pairedOutputs } from './paired-outputs.js';
import { parityReason } from '../report/words/parity.js';

/** One output of a call. */
export interface OutputValues {
  /** Null where outputs come as a list. */
  readonly name: string | null;
  readonly dtype: string;
  readonly shape: readonly number[];
  readonly values: readonly number[] | readonly string[] | Float64Array;
}

/** More than this is not sent from process to process. */
const MAX_VALUES = 2_000_000;

/**
 * The values of a call's outputs; null when there are none, or too many. `names`: those of the model's, for a call that gives a list:
 * two exports of one model may list its outputs in another order.
 */
export function outputValues(outputs: readonly ModelOutput[], names: readonly string[]): OutputValues[] | null {
  const size = outputs.reduce((sum, { shape }) => sum + sizeOf(shape), 0);
  if (outputs.length === 0 || size > MAX_VALUES) return null;
  const known = names.length === outputs.length;
  return outputs.map(({ name, dtype, shape, read }, index) => {
    const data = read();
    const values = isTexts(data) ? data.map(String) : Float64Array.from(data as ArrayLike<number | bigint>, Number);
    return { name: name ?? (known ? (names[index] ?? null) : null), dtype, shape, values };
  });
}

/** What one call of a variant gives. */
export async function outputsOfCall(engine: Engine, variant: RunnableVariant, { info }: LoadedModel): Promise<OutputValues[] | null> {
  const result = variant.async ? await variant.call() : variant.call();
  const outputs = outputValues(
    engine.outputsOf(result),
    info.outputs.map(({ name }) => name),
  );
  variant.release(result);
  return outputs;
}

/** A baseline that moves by more from call to call draws random numbers: nothing can be held against it. */
const UNSTEADY = 1e-3;

/** How far the answers of the others are from the first one's, given the same inputs. A variant that fails is left out. */
export async function variantParities(
  engine: Engine,
  loaded: LoadedModel,
  [baseline, ...others]: readonly RunnableVariant[],
): Promise<readonly VariantParity[]> {
  if (baseline === undefined || others.length === 0) return [];
  const answers = await outputsOfCall(engine, baseline, loaded);
  const again = outputParity(answers, await outputsOfCall(engine, baseline, loaded));
  const unsteady = again.kind === 'compared' && (again.relative ?? 0) > UNSTEADY;
  const parities: VariantParity[] = [];
  for (const variant of others) {
    const parity: Parity = unsteady
      ? { kind: 'not-compared', reason: parityReason({ kind: 'unsteady' }) }
      : outputParity(answers, await outputsOfCall(engine, variant, loaded));
    parities.push({ variant: variantKey(variant.variant), parity });
  }
  return parities;
}

const isTexts = (data: OutputData): data is Extract<OutputData, readonly unknown[]> => Array.isArray(data);

/** How far the answers of two calls differ, output by output. Relative to the largest magnitude of the baseline's output. */
export function outputParity(baseline: readonly OutputValues[] | null, candidate: readonly OutputValues[] | null): Parity {
  if (baseline === null || candidate === null) return { kind: 'not-compared', reason: parityReason({ kind: 'no-values' }) };
  if (baseline.length !== candidate.length) return unlike({ kind: 'other-number', baseline: baseline.length, candidate: candidate.length });
  const paired = pairedOutputs(baseline, candidate);
  let [absolute, relative] = [0, 0];
  let worst: string | undefined;
  for (const [index, one] of baseline.entries()) {
    const other = laidOutAs(one, paired[index]);
    if (other === undefined || other.shape.join() !== one.shape.join())
      return unlike({
        kind: 'other-shape',
        output: one.name ?? String(index),
        baseline: shapeOf(one),
        candidate: other === undefined ? null : shapeOf(other),
      });
    const far = distance(one.values, other.values);
    absolute = Math.max(absolute, far.absolute);
    if (far.relative > relative) worst = one.name ?? String(index);
    relative = Math.max(relative, far.relative);
  }
  const finite = (value: number): number | null => (Number.isFinite(value) ? value : null);
  return {
    kind: 'compared',
    outputs: baseline.length,
    absolute: finite(absolute),
    relative: finite(relative),
    ...(baseline.length === 1 || worst === undefined ? {} : { output: worst }),
  };
}

/** Pictures with their channels where the other side has them. */
function laidOutAs({ shape }: OutputValues, other: OutputValues | undefined): OutputValues | undefined {
  const move = other === undefined || other.shape.join() === shape.join() ? null : channelsMove(other.shape, shape, Infinity);
  return other === undefined || move === null || !(other.values instanceof Float64Array)
    ? other
    : { ...other, shape, values: moveChannels(other.values, other.shape, move) };
}

const unlike = (reason: ParityReason): Parity => ({ kind: 'unlike', reason: parityReason(reason) });
const shapeOf = ({ dtype, shape }: OutputValues): string => `${dtype}[${shape.join(',')}]`;

function distance(one: OutputValues['values'], other: OutputValues['values']): { absolute: number; relative: number } {
  let [largest, scale] = [0, 0];
  for (let index = 0; index < one.length; index += 1) {
    const [a, b] = [one[index], other[index]];
    if (a === b || Object.is(a, b)) {
      scale = Math.max(scale, typeof a === 'number' && Number.isFinite(a) ? Math.abs(a) : 0);
      continue;
    }
    if (typeof a !== 'number' || typeof b !== 'number' || !Number.isFinite(a - b)) return { absolute: Infinity, relative: Infinity };
    scale = Math.max(scale, Math.abs(a));
    largest = Math.max(largest, Math.abs(a - b));
  }
  return { absolute: largest, relative: largest === 0 ? 0 : largest / Math.max(scale, Number.MIN_VALUE) };
}
