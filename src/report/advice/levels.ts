import type { Advice, Comparison, VariantAnalysis } from '../../model/analysis.js';
import type { NamedVariant } from './changes.js';
import { formatRatio, formatTime } from '../words.js';

const LEVEL = 'optimisation-level';
const FILE = 'optimised-file';

/** What running an ONNX model as another variant means. All levels are one choice: the best of them is advised. */
export function onnxChange(candidate: string): readonly [id: string, what: string] {
  if (candidate === 'offline')
    return [LEVEL, 'Write the optimised model once with `inferscope compile`, and open that file with graphOptimizationLevel disabled'];
  if (candidate === 'all') return [LEVEL, 'Leave graphOptimizationLevel at its default, all'];
  return [LEVEL, `Set graphOptimizationLevel to ${candidate}`];
}

/** Key of the variant of an ONNX model that a program gets by default. */
export const USUAL = 'all/run';

/**
 * The fastest of those that are surely faster. What a program gets by default is preferred to what cannot be told from it:
 * nothing has to be changed for it.
 */
export function bestOf(against: readonly Comparison[]): Comparison | undefined {
  const faster = against.filter((c) => c.verdict === 'faster').sort((a, b) => a.ratio - b.ratio);
  const [best] = faster;
  const usual = faster.find(({ candidate }) => candidate === USUAL);
  if (best === undefined || usual === undefined) return best;
  return usual.interval[0] <= best.interval[1] || best.sameGraphAs?.includes(USUAL) === true ? usual : best;
}

/** Where no level was surely faster than the first: what to set all the same, because that is what a reader asks first. */
export function levelToKeep({ key, name }: NamedVariant, against: readonly Comparison[]): Advice[] {
  const usual = against.find(({ candidate }) => candidate === USUAL);
  if (against.length === 0 || (usual === undefined && key !== USUAL) || against.some(({ verdict }) => verdict === 'faster')) return [];
  const evidence = against.map(({ sentence }) => sentence).join(' ');
  const advised = { id: LEVEL, evidence, saving: null };
  const [, keepUsual] = onnxChange('all');
  if (usual?.verdict === 'slower')
    return [
      {
        ...advised,
        sentence: `${onnxChange(name)[1]} (${key}): it is ${formatRatio(1 / usual.ratio)} than all, the default.`,
        verified: true,
      },
    ];
  const open = against.some(({ verdict }) => verdict === 'cannot-tell');
  const why = open ? 'whether another level is faster is inconclusive' : 'no level is faster';
  return [{ ...advised, sentence: `${keepUsual} (${USUAL}): ${why}.`, verified: !open }];
}

/** What a reader of such a report asks first: which level, then its file; all else by what it saves. */
export const levelsFirst = ({ id }: Advice): number => (id === LEVEL ? 0 : id === FILE ? 1 : 2);

/** A start that is shorter by less than this is not worth a file. */
const MIN_START_NANOS = 5e6;
const MIN_START_SHARE = 0.2;

/**
 * What the optimiser takes at every start, and what the file that it wrote once takes; one session of each was made. Where that file is the
 * fastest level, too, its advice (`faster`) says so.
 */
export function withOptimisedFile(
  faster: readonly Advice[],
  variants: readonly VariantAnalysis[],
  against: readonly Comparison[],
): Advice[] {
  const building = (name: string): number => variants.find((one) => one.name === name)?.cold[0]?.stages['graph-building'].nanosPerCall ?? 0;
  const [all, offline] = [building('all'), building('offline')];
  if (offline === 0 || all - offline < Math.max(MIN_START_NANOS, MIN_START_SHARE * all)) return [...faster];
  const start = `making the session takes ${formatTime(offline)} instead of ${formatTime(all)}`;
  const best = bestOf(against)?.candidate;
  if (variants.some(({ key, name }) => key === best && name === 'offline'))
    return faster.map((one) => (one.id === LEVEL ? { ...one, sentence: `${one.sentence} At start, ${start}.` } : one));
  return [
    ...faster,
    {
      id: FILE,
      sentence: `Write the optimised model once, with \`inferscope compile\`, where start-up matters: ${start}.`,
      evidence:
        'One session of each was made in this run. The file holds for this kind of processor and this version of ONNX Runtime only.',
      saving: null,
      verified: false,
    },
  ];
}
