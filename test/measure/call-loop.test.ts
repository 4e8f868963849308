/** How a run's calls are spread over rounds, with latencies that are made up. */
import { expect, it } from 'vitest';
import { type LoopOptions, runInRounds } from '../../src/measure/call-loop.js';
import { runPlan } from '../../src/measure/run-plan.js';
import type { CallStart } from '../../src/model/recorder.js';
import type { RunnableVariant } from '../../src/model/runnable.js';

const NOTHING = (): void => undefined;
const variantOf = (name: string): RunnableVariant => ({
  variant: { name, call: 'predict' },
  async: false,
  prepare: () => Promise.resolve(),
  call: () => 0,
  fetch: NOTHING,
  release: NOTHING,
  dispose: NOTHING,
});

/** Calls per round of each variant, where call `n` of a variant takes `nanos(n, variant)`. */
async function rounds(names: readonly string[], nanos: (call: number, variant: number) => number): Promise<readonly (readonly number[])[]> {
  const seen = names.map(() => 0);
  const counts = names.map((): number[] => []);
  const recorder = {
    interner: { string: () => 0 },
    lastLatencyNanos: 0,
    callSync(start: CallStart) {
      this.lastLatencyNanos = nanos(seen[start.variant]!, start.variant);
      seen[start.variant]! += 1;
      if (start.round >= 0) counts[start.variant]![start.round] = (counts[start.variant]![start.round] ?? 0) + 1;
      return 0;
    },
    noteHeld: NOTHING,
  };
  const options: LoopOptions = {
    recorder: recorder as unknown as LoopOptions['recorder'],
    ...{
      memory: () => ({ numTensors: 0, numBytes: 0 }),
      plan: runPlan({ quick: true }),
      signature: '',
      batch: 1,
      onProgress: NOTHING,
      onPause: NOTHING,
      signal: new AbortController().signal,
    },
  };
  await runInRounds(names.map(variantOf), options);
  return counts;
}

it('a pause of the machine in the warm-up does not leave rounds of one call', async () => {
  // Both take 0.4 ms; the baseline's warm-up meets pauses, and so does its first measured call.
  const [baseline = [], candidate = []] = await rounds(['graph', 'graph-xla'], (call, variant) => (variant === 0 && call < 5 ? 60e6 : 4e5));
  expect(baseline[0]).toBe(1);
  expect(candidate[0]).toBe(50);
  expect(baseline.slice(5, 9)).toEqual([50, 50, 50, 50]);
});

it('slow calls stay one to a round', async () => {
  const [only = []] = await rounds(['graph'], () => 6e7);
  expect(new Set(only)).toEqual(new Set([1]));
});

it('a fast variant does not go on alone once the others have had their time', async () => {
  const [fast = [], slow = []] = await rounds(['graph', 'graph-xla'], (call, variant) =>
    variant === 0 ? 1e5 : 2e6 + ((call * 7919) % 100) * 2e4,
  );
  const calls = (perRound: readonly number[]): number => perRound.reduce((sum, count) => sum + count, 0);
  expect(fast.length - slow.length).toBeLessThanOrEqual(1);
  expect(calls(fast)).toBeGreaterThanOrEqual(300);
});
