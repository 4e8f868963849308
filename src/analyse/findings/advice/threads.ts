import type { VariantAnalysis } from '../../../model/analysis.js';
import type { Trial } from '../../../model/trial.js';
import { tried, wasRun, type RunTrial, type TriedChangeSaves } from './trials.js';
import { CERTAIN, UNCERTAIN, type Weighed } from './weighed.js';

/** Up to this ratio of times fewer threads are as fast. */
const AS_FAST = 1.02;
/** Of the processor time this much must be free for it to be told. */
const NOTABLE_FREE = 0.2;

/** Fewer threads take no longer, and leave `share` of the processor time to others. */
export interface FewerThreads extends Weighed {
  readonly kind: 'fewer-threads';
  readonly key: string;
  readonly trial: RunTrial;
  readonly threads: number;
  readonly busyCores: number;
  readonly share: number;
}

/** A container allows fewer processors than there are threads, and held them back. */
export interface ThreadsBeyondLimit extends Weighed {
  readonly kind: 'threads-beyond-limit';
  readonly key: string;
  readonly threads: number;
  readonly cores: number;
  /** Threads that the limit has room for. */
  readonly allowed: number;
  readonly throttledShare: number;
}

/**
 * Fewer threads, where they are faster; where they are as fast and leave processors to others; and, where that was not tried,
 * where a limit allows no more.
 */
export function threadFindings(
  baseline: VariantAnalysis,
  trials: readonly Trial[],
): readonly (TriedChangeSaves | FewerThreads | ThreadsBeyondLimit)[] {
  const faster = tried(trials, 'threads') ?? [];
  if (faster.length > 0) return faster;
  return [...sparing(baseline, trials), ...(trials.some(({ id }) => id === 'threads') ? [] : beyondLimit(baseline))];
}

/** Threads take at most a processor each, so what fewer of them leave to others is known from the trial's time alone. */
function sparing({ cpu, key }: VariantAnalysis, trials: readonly Trial[]): readonly FewerThreads[] {
  if (cpu?.busyCores == null) return [];
  const { busyCores } = cpu;
  const found = trials.flatMap((trial): FewerThreads[] => {
    const { id, threads } = trial;
    if (id !== 'threads' || threads === undefined || !wasRun(trial) || trial.interval[1] > AS_FAST) return [];
    const share = 1 - (threads * trial.ratio) / busyCores;
    return share < NOTABLE_FREE ? [] : [{ kind: 'fewer-threads', id, key, trial, threads, busyCores, share, ...CERTAIN }];
  });
  return found.sort((a, b) => b.share - a.share).slice(0, 1);
}

function beyondLimit({ cpu, key }: VariantAnalysis): readonly ThreadsBeyondLimit[] {
  if (cpu?.limit == null || cpu.threads === null || cpu.threads <= cpu.limit.cores || cpu.limit.throttledShare === 0) return [];
  const { cores, throttledShare } = cpu.limit;
  const allowed = Math.max(1, Math.floor(cores));
  return [{ kind: 'threads-beyond-limit', id: 'threads-limit', key, threads: cpu.threads, cores, allowed, throttledShare, ...UNCERTAIN }];
}
