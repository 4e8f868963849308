import type { StartTimes } from '../../analyse/findings/advice/faster.js';
import type { LevelToKeep, OptimisedFile } from '../../analyse/findings/advice/levels.js';
import { USUAL } from '../../analyse/findings/variants.js';
import { formatRatio, formatTime } from '../words.js';
import type { AdviceWords } from './words.js';

/** What running an ONNX model as another variant means. */
export function levelChange(name: string): string {
  if (name === 'offline')
    return 'Write the optimised model once with `inferscope compile`, and open that file with graphOptimizationLevel disabled';
  return name === 'all' ? 'Leave graphOptimizationLevel at its default, all' : `Set graphOptimizationLevel to ${name}`;
}

/** Where no level was surely faster than the first: what to set all the same. */
export function levelWords({ baseline, against, keep }: LevelToKeep): AdviceWords {
  const evidence = against.map(({ sentence }) => sentence).join(' ');
  if (keep.level === 'first') {
    const faster = formatRatio(1 / keep.times);
    return { sentence: `${levelChange(baseline.name)} (${baseline.key}): it is ${faster} than all, the default.`, evidence };
  }
  const why = keep.level === 'open' ? 'whether another level is faster is inconclusive' : 'no level is faster';
  return { sentence: `${levelChange('all')} (${USUAL}): ${why}.`, evidence };
}

export const startWords = ({ optimiserNanos, fileNanos }: StartTimes): string =>
  `making the session takes ${formatTime(fileNanos)} instead of ${formatTime(optimiserNanos)}`;

export const fileWords = ({ start }: OptimisedFile): AdviceWords => ({
  sentence: `Write the optimised model once, with \`inferscope compile\`, where start-up matters: ${startWords(start)}.`,
  evidence: 'One session of each was made in this run. The file holds for this kind of processor and this version of ONNX Runtime only.',
});
