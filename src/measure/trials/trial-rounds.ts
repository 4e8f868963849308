import { latencyRatio } from '../../analyse/ratio.js';
import { DEFAULT_CONFIDENCE } from '../../model/confidence.js';
import type { RunnableVariant } from '../../model/runnable.js';
import type { NotTried, Trial } from '../../model/trial.js';
import { notTriedReason } from '../../report/words/trials.js';
import { callsPerRound, medianOrNaN } from '../rounds.js';

const ROUNDS = 20;
/** Enough for an interval; a slow model is not tried for minutes. */
const MIN_ROUNDS = 8;
export const MAX_MILLIS = 3000;
const WARM_UP_CALLS = 3;
/** Above this a trial would take longer than what it could tell is worth. */
export const LONG_CALL_NANOS = 150e6;

/** What a trial came to. */
type Outcome = Pick<Trial, 'ratio' | 'interval' | 'rounds' | 'baselineNanos' | 'failure'>;

/** What stands in a trial that could not be run, or told nothing. */
export const notTried = (why: NotTried, rounds = 0): Outcome => ({ ratio: null, interval: null, rounds, failure: notTriedReason(why) });

/** The same where something was thrown. */
export const threw = (thrown: unknown): Outcome => notTried({ kind: 'threw', thrown });

/** Makes so many calls, one after the other; latencies with the read-back, nanoseconds. */
export type TrialSide = (calls: number) => Promise<readonly number[]>;

/** A variant of this process. */
export const sideOf =
  (variant: RunnableVariant): TrialSide =>
  async (calls) => {
    const nanos: number[] = [];
    for (let call = 0; call < calls; call += 1) nanos.push(await timed(variant));
    return nanos;
  };

export interface SidesOptions {
  /** Expected latency of a call, for the length of a round. */
  readonly latencyNanos: number;
  /** How many times as much one call of the candidate does. */
  readonly times: number;
  readonly signal: AbortSignal;
}

/** Calls both in turn, in rounds; candidate ÷ baseline. */
export async function compareInTurn(
  baseline: TrialSide,
  candidate: TrialSide,
  { latencyNanos, times, signal }: SidesOptions,
): Promise<Outcome> {
  const perRound = callsPerRound(latencyNanos * times, undefined);
  const sides = [baseline, candidate].map((run) => ({ run, nanos: [] as number[], blocks: [] as number[] }));
  for (const { run } of sides) await run(WARM_UP_CALLS);
  const began = performance.now();
  let rounds = 0;
  for (; rounds < ROUNDS && !signal.aborted && (rounds < MIN_ROUNDS || performance.now() - began < MAX_MILLIS); rounds += 1) {
    for (const side of rounds % 2 === 0 ? sides : [...sides].reverse()) {
      for (const nanos of await side.run(perRound)) {
        side.nanos.push(nanos);
        side.blocks.push(rounds);
      }
    }
  }
  const [before, after] = sides;
  const { value, interval, basis } = latencyRatio(
    before ?? { nanos: [], blocks: [] },
    after ?? { nanos: [], blocks: [] },
    DEFAULT_CONFIDENCE,
  );
  if (basis === 'too-few') return notTried({ kind: 'too-few-rounds' }, rounds);
  return {
    ratio: value / times,
    interval: [interval[0] / times, interval[1] / times],
    rounds,
    baselineNanos: Math.round(medianOrNaN(before?.nanos ?? [])),
  };
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
