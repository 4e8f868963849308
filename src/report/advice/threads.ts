import type { FewerThreads, ThreadsBeyondLimit } from '../../analyse/findings/advice/threads.js';
import { countOf, formatEstimate, formatProcessors, formatShare } from '../words.js';
import { ratioWords, whatToDo } from './trials.js';
import type { AdviceWords } from './words.js';

export const fewerThreadsWords = ({ key, trial, threads, busyCores, share }: FewerThreads): AdviceWords => ({
  sentence: `${whatToDo('threads')} to ${threads} (${trial.change}): a call takes no longer, and at least ${formatShare(share)} of its processor time is left to other requests.`,
  evidence: `${key} keeps ${formatEstimate(busyCores)} processors busy; ${countOf(threads, 'thread')} at most ${threads}. Tried, without recording, in ${trial.rounds} rounds: ${ratioWords(trial.ratio, trial.interval)} of a call.`,
});

export const beyondLimitWords = ({ key, threads, cores, allowed, throttledShare }: ThreadsBeyondLimit): AdviceWords => ({
  sentence: `${whatToDo('threads')} to ${allowed}: its container allows ${formatProcessors(cores)} processors, and ${threads} threads use that up early and then stand still.`,
  evidence: `The limit held ${key} back for ${formatShare(throttledShare)} of its time.`,
});
