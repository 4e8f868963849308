import type { LoadedModel, RunnableVariant } from '../../model/runnable.js';
import type { Trial, TriedChange } from '../../model/trial.js';
import { variantKey } from '../../model/variant.js';
import type { ModelOptions } from '../../engines/engine.js';
import { changeWords } from '../../report/words/trials.js';
import { threadCounts } from './thread-counts.js';
import { compareInTurn, LONG_CALL_NANOS, notTried, sideOf, threw } from './trial-rounds.js';

/** How the model is loaded or fed differently. */
export type Change = Pick<ModelOptions, 'feed' | 'batch' | 'threads' | 'spinning'>;

/** What is changed, and how it is loaded so. */
export interface TrialOptions {
  readonly baseline: RunnableVariant;
  readonly batch: number;
  /** False where given arrays or shapes decide the batch. */
  readonly batchIsOpen: boolean;
  readonly feed: 'fresh' | 'reused';
  /** Threads of its sessions, where the engine takes them as an option: null, where none were chosen. */
  readonly threads?: { readonly chosen: number | null; readonly cpuCount: number };
  /** Median latency of the baseline as measured. */
  readonly latencyNanos: number;
  /** Loads the model with another feed or batch. */
  readonly load: (change: Change) => Promise<LoadedModel>;
  readonly signal: AbortSignal;
}

const TIMES = 8;
/** From here on a batch is not small, and a call is not short, so that eight times as much could take too long. */
const SMALL_BATCH = 32;
const SHORT_CALL_NANOS = 50e6;

interface Attempt {
  readonly id: Trial['id'];
  readonly change: TriedChange;
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

function changesFor({ feed, batch, batchIsOpen, latencyNanos, threads }: TrialOptions): Attempt[] {
  if (latencyNanos > LONG_CALL_NANOS) return [];
  return [
    ...(feed === 'fresh' ? [{ id: 'keep-tensors', change: { kind: 'same-tensors' }, with: { feed: 'reused' }, times: 1 } as const] : []),
    ...(batchIsOpen && batch < SMALL_BATCH && latencyNanos < SHORT_CALL_NANOS
      ? [
          {
            id: 'batch-up',
            change: { kind: 'more-rows', rows: batch * TIMES, insteadOf: batch },
            with: { batch: batch * TIMES },
            times: TIMES,
          } as const,
        ]
      : []),
    ...(threads === undefined ? [] : threadChanges(threads)),
  ];
}

/** Fewer threads, where they were not chosen; and threads that spin while they wait, which a run of several sessions does without. */
function threadChanges({ chosen, cpuCount }: NonNullable<TrialOptions['threads']>): Attempt[] {
  const fewer = threadCounts(cpuCount).map(
    (threads) => ({ id: 'threads', change: { kind: 'session-threads', count: threads }, with: { threads }, times: 1 }) as const,
  );
  const spin = { id: 'spinning', change: { kind: 'spinning' }, with: { spinning: 'on' }, times: 1 } as const;
  const several = cpuCount > 1 && (chosen ?? cpuCount) > 1;
  return several ? [...(chosen === null ? fewer : []), spin] : [];
}

async function tryOne({ id, change, with: changed, times }: Attempt, options: TrialOptions): Promise<Trial> {
  const key = variantKey(options.baseline.variant);
  const described = {
    id,
    variant: key,
    change: changeWords(change),
    ...(changed.threads === undefined ? {} : { threads: changed.threads }),
  };
  let loaded: LoadedModel | undefined;
  try {
    loaded = await options.load(changed);
    const candidate = loaded.variants.find(({ variant }) => variantKey(variant) === key);
    if (candidate === undefined) return { ...described, ...notTried({ kind: 'no-such-variant' }) };
    await candidate.prepare();
    return { ...described, ...(await compareInTurn(sideOf(options.baseline), sideOf(candidate), { ...options, times })) };
  } catch (thrown) {
    return { ...described, ...threw(thrown) };
  } finally {
    loaded?.dispose();
  }
}
