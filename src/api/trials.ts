import { latencyRatio } from '../analyse/ratio.js';
import { DEFAULT_CONFIDENCE } from '../model/confidence.js';
import { messageOf } from '../model/errors.js';
import type { LoadedModel, RunnableVariant } from '../model/runnable.js';
import type { Trial } from '../model/trial.js';
import { variantKey } from '../model/variant.js';
import { callsPerRound } from './rounds.js';

/** How the model is fed differently. */
export interface Change {
  readonly feed?: 'reused';
  readonly batch?: number;
}

/** What is changed, and how it is loaded so. */
export interface TrialOptions {
  readonly baseline: RunnableVariant;
  readonly batch: number;
  /** False where given arrays or shapes decide the batch. */
  readonly batchIsOpen: boolean;
  readonly feed: 'fresh' | 'reused';
  /** Median latency of the baseline as measured. */
  readonly latencyNanos: number;
  /** Loads the model with another feed or batch. */
  readonly load: (change: Change) => Promise<LoadedModel>;
  readonly signal: AbortSignal;
}

const ROUNDS = 20;
/** Enough for an interval; a slow model is not tried for minutes. */
const FEWEST_ROUNDS = 8;
const MOST_MILLIS = 3000;
const WARM_UP_CALLS = 3;
const TIMES = 8;
/** From here on a batch is not small, and a call is not short, so that eight times as much could take too long. */
const SMALL_BATCH = 32;
const SHORT_CALL_NANOS = 50e6;
/** Above this a trial would take longer than what it could tell is worth. */
const LONG_CALL_NANOS = 150e6;

interface Attempt {
  readonly id: Trial['id'];
  readonly change: string;
  readonly with: Change;
  /** How many times as much one call does. */
  readonly times: number;
}

/**
 * Tries what advice would suggest: tensors kept between calls, more rows in a call. Runs without instrumentation, in
 * rounds interleaved with the baseline as it is, so what is saved is measured and not estimated.
 */
export async function tryChanges(options: TrialOptions): Promise<Trial[]> {
  const trials: Trial[] = [];
  for (const change of changesFor(options)) {
    if (options.signal.aborted) break;
    trials.push(await tryOne(change, options));
  }
  return trials;
}

function changesFor({ feed, batch, batchIsOpen, latencyNanos }: TrialOptions): Attempt[] {
  if (latencyNanos > LONG_CALL_NANOS) return [];
  return [
    ...(feed === 'fresh' ? [{ id: 'keep-tensors', change: 'the same input tensors in every call', with: { feed: 'reused' }, times: 1 } as const] : []),
    ...(batchIsOpen && batch < SMALL_BATCH && latencyNanos < SHORT_CALL_NANOS ? [{ id: 'batch-up', change: `${batch * TIMES} rows in a call instead of ${batch}`, with: { batch: batch * TIMES }, times: TIMES } as const] : []),
  ];
}

async function tryOne({ id, change, with: changed, times }: Attempt, options: TrialOptions): Promise<Trial> {
  const key = variantKey(options.baseline.variant);
  const described = { id, variant: key, change };
  let loaded: LoadedModel | undefined;
  try {
    loaded = await options.load(changed);
    const candidate = loaded.variants.find(({ variant }) => variantKey(variant) === key);
    if (candidate === undefined) return { ...described, ratio: null, interval: null, rounds: 0, failure: 'the variant does not exist when fed so' };
    await candidate.prepare();
    const { value, interval, basis, rounds } = await measured(options.baseline, candidate, options, times);
    if (basis === 'too-few') return { ...described, ratio: null, interval: null, rounds, failure: 'too few rounds' };
    return { ...described, ratio: value / times, interval: [interval[0] / times, interval[1] / times], rounds };
  } catch (thrown) {
    return { ...described, ratio: null, interval: null, rounds: 0, failure: messageOf(thrown).split('\n')[0] ?? '' };
  } finally {
    loaded?.dispose();
  }
}

async function measured(baseline: RunnableVariant, candidate: RunnableVariant, { latencyNanos, signal }: TrialOptions, times: number) {
  const perRound = callsPerRound(latencyNanos * times, undefined);
  const sides = [baseline, candidate].map((variant) => ({ variant, nanos: [] as number[], blocks: [] as number[] }));
  for (const { variant } of sides) for (let call = 0; call < WARM_UP_CALLS; call += 1) await timed(variant);
  const began = performance.now();
  let round = 0;
  for (; round < ROUNDS && !signal.aborted && (round < FEWEST_ROUNDS || performance.now() - began < MOST_MILLIS); round += 1) {
    for (const side of round % 2 === 0 ? sides : [...sides].reverse()) {
      for (let call = 0; call < perRound; call += 1) {
        side.nanos.push(await timed(side.variant));
        side.blocks.push(round);
      }
    }
  }
  const [before, after] = sides;
  return { ...latencyRatio(before ?? { nanos: [], blocks: [] }, after ?? { nanos: [], blocks: [] }, DEFAULT_CONFIDENCE), rounds: round };
}

/** One call with its read-back, nanoseconds. */
async function timed(variant: RunnableVariant): Promise<number> {
  const start = performance.now();
  const result = variant.async ? await variant.call() : variant.call();
  variant.fetch(result);
  const nanos = Math.round((performance.now() - start) * 1e6);
  variant.release(result);
  return nanos;
}
