import type { Advice, VariantAnalysis } from '../../model/analysis.js';
import type { Trial } from '../../model/trial.js';
import { countOf, formatEstimate, formatShare } from '../words.js';
import { ratioWords, tried, whatToDo } from './trials.js';

/** Up to this ratio of times fewer threads are as fast. */
const AS_FAST = 1.02;
/** Of the processor time this much must be free for it to be told. */
const NOTABLE_SHARE = 0.2;

/**
 * Fewer threads, where they are faster; where they are as fast and leave processors to others; and, where that was not tried,
 * where a limit allows no more.
 */
export function adviseOnThreads(baseline: VariantAnalysis, trials: readonly Trial[] | undefined): Advice[] {
  const faster = tried(trials, 'threads') ?? [];
  return faster.length > 0
    ? faster
    : [...sparing(baseline, trials ?? []), ...(trials?.some(({ id }) => id === 'threads') === true ? [] : beyondLimit(baseline))];
}

/** Threads take at most a processor each, so what fewer of them leave to others is known from the trial's time alone. */
function sparing({ cpu, key }: VariantAnalysis, trials: readonly Trial[]): Advice[] {
  if (cpu?.busyCores == null) return [];
  const { busyCores } = cpu;
  const found = trials.flatMap((trial) => {
    const { id, threads, ratio, interval } = trial;
    if (id !== 'threads' || threads === undefined || ratio === null || interval === null || interval[1] > AS_FAST) return [];
    const share = 1 - (threads * ratio) / busyCores;
    return share < NOTABLE_SHARE ? [] : [{ trial, threads, ratio, interval, share }];
  });
  const [best] = found.sort((a, b) => b.share - a.share);
  if (best === undefined) return [];
  const { trial, threads, ratio, interval, share } = best;
  return [
    {
      id: 'threads',
      sentence: `${whatToDo('threads')} to ${threads} (${trial.change}): a call takes no longer, and at least ${formatShare(share)} of its processor time is left to other requests.`,
      evidence: `${key} keeps ${formatEstimate(busyCores)} processors busy; ${countOf(threads, 'thread')} at most ${threads}. Tried, without recording, in ${trial.rounds} rounds: ${ratioWords(ratio, interval)} of a call.`,
      saving: null,
      verified: true,
    },
  ];
}

function beyondLimit({ cpu, key }: VariantAnalysis): Advice[] {
  if (cpu?.limit == null || cpu.threads === null || cpu.threads <= cpu.limit.cores || cpu.limit.throttledShare === 0) return [];
  const { cores, throttledShare } = cpu.limit;
  const allowed = Math.max(1, Math.floor(cores));
  return [
    {
      id: 'threads-limit',
      sentence: `${whatToDo('threads')} to ${allowed}: its container allows ${formatEstimate(cores)} processors, and ${cpu.threads} threads use that up early and then stand still.`,
      evidence: `The limit held ${key} back for ${formatShare(throttledShare)} of its time.`,
      saving: null,
      verified: false,
    },
  ];
}
