import os from 'node:os';
import type { Trial } from '../../model/trial.js';
import { openProcessSide, type ProcessSide, type SentLoadOptions } from '../process-side.js';
import { changeWords } from '../../report/words/trials.js';
import { threadCounts } from './thread-counts.js';
import { compareInTurn, LONG_CALL_NANOS, threw } from './trial-rounds.js';

export interface ThreadTrialOptions {
  /** Path of the model, which each process loads again. */
  readonly model: string;
  readonly loadOptions: SentLoadOptions;
  /** Key of the variant that is run. */
  readonly variant: string;
  /** Environment variable that fixes the number. */
  readonly variable: string;
  /** The number that was chosen already; null: the engine chooses. */
  readonly chosen: number | null;
  /** Median latency of the baseline as measured. */
  readonly latencyNanos: number;
  readonly signal: AbortSignal;
  /** Default: what this process may use. */
  readonly cpuCount?: number;
}

/**
 * Tries fewer threads inside an operation. The number is fixed when a process starts, so two processes that
 * differ in nothing else take turns, as they do in other trials. Nothing is tried where the number was chosen already.
 */
export async function tryThreads(options: ThreadTrialOptions): Promise<Trial[]> {
  const cpuCount = options.cpuCount ?? os.availableParallelism();
  if (options.latencyNanos > LONG_CALL_NANOS || options.chosen !== null) return [];
  const trials: Trial[] = [];
  for (const count of threadCounts(cpuCount)) {
    if (options.signal.aborted) break;
    trials.push(await tryCount(count, cpuCount, options));
  }
  return trials;
}

async function tryCount(
  count: number,
  cpuCount: number,
  { model, loadOptions, variant, variable, latencyNanos, signal }: ThreadTrialOptions,
): Promise<Trial> {
  const described = {
    id: 'threads' as const,
    variant,
    threads: count,
    change: changeWords({ kind: 'threads', variable, count, insteadOf: cpuCount }),
  };
  const request = { kind: 'load', model, variant, options: loadOptions } as const;
  const opened = await Promise.allSettled([openProcessSide(request, {}), openProcessSide(request, { [variable]: String(count) })]);
  const sides = opened.flatMap((one): ProcessSide[] => (one.status === 'fulfilled' ? [one.value] : []));
  try {
    const [before, after] = sides;
    if (before === undefined || after === undefined)
      return { ...described, ...threw(opened.find((one) => one.status === 'rejected')?.reason) };
    return { ...described, ...(await compareInTurn(before.run, after.run, { latencyNanos, times: 1, signal })) };
  } catch (thrown) {
    return { ...described, ...threw(thrown) };
  } finally {
    for (const side of sides) side.close();
  }
}
