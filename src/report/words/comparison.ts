import { never } from '../../model/errors.js';
import type { ComparisonFinding, Counted, Remark, RestsOn, Withheld } from '../../model/findings.js';
import { formatMultiple } from '../../model/multiple.js';
import type { Ratio, Verdict } from '../../model/verdict.js';
import { countOf, formatConfidence, formatShare, STAGE_LABELS, VERDICT_WORDS } from '../words.js';
import { failureReason, wholePercent } from './trust.js';

/** The verdict as one sentence with its figures. */
export function comparisonSentence(comparison: ComparisonFinding): string {
  const { baseline, candidate, control } = comparison;
  if (control?.kind === 'withheld')
    return `${candidate} against ${baseline}: the verdict is withheld, because ${failureReason(control.failure)}.`;
  const sentence = judgedSentence(comparison);
  return control === undefined
    ? sentence
    : `${sentence} The A/A control failed; reported anyway: the difference exceeds ${wholePercent(control.above)}, far more than the control showed.`;
}

function judgedSentence(comparison: ComparisonFinding): string {
  const { rests } = comparison;
  switch (rests.kind) {
    case 'rounds':
      return roundsSentence(comparison, rests);
    case 'runs':
      return runsSentence(comparison, rests);
    case 'pairs':
      return pairsSentence(comparison, rests);
    case 'shares':
      return `Shares of ${rests.key}, recorded on another machine: ${STAGE_LABELS[rests.stage]} moved most, from ${formatShare(rests.from)} to ${formatShare(rests.to)} of a call.`;
    default:
      return never(rests);
  }
}

type On<Kind extends RestsOn['kind']> = Extract<RestsOn, { readonly kind: Kind }>;

/** `0.25 × the time of uncompiled/predict (95 % 0.24 – 0.26`, to be closed. */
const figures = ({ ratio, interval: [low, high] }: ComparisonFinding, of: string, confidence: number): string =>
  `${formatMultiple(ratio)} × the time${of} (${formatConfidence(confidence)} ${formatMultiple(low)} – ${formatMultiple(high)}`;

function roundsSentence(comparison: ComparisonFinding, { basis, confidence, remark }: On<'rounds'>): string {
  const { baseline, candidate, verdict, ratio } = comparison;
  const tail = remark === null ? '' : `; ${remarkWords(remark)}`;
  return `${candidate} takes ${figures(comparison, ` of ${baseline}`, confidence)}): ${roundsConclusion(verdict, ratio, basis)}${tail}.`;
}

function roundsConclusion(verdict: Verdict, ratio: number, basis: Ratio['basis']): string {
  if (verdict === 'faster') return `${formatMultiple(1 / ratio)} times as fast`;
  if (verdict === 'slower') return `${formatMultiple(ratio)} times as slow`;
  return verdict === 'cannot-tell' ? INCONCLUSIVE[basis] : VERDICT_WORDS[verdict];
}

/** More calls settle what rounds do not; what processes differ by, they do not. */
const INCONCLUSIVE: Readonly<Record<Ratio['basis'], string>> = {
  'too-few': 'inconclusive, too few rounds',
  paired: 'inconclusive, more calls are needed',
  unpaired: 'inconclusive',
};

function remarkWords(remark: Remark): string {
  switch (remark.kind) {
    case 'processes':
      return `from ${countedWords(remark)}`;
    case 'compile-changes-nothing':
      return `compile() does not change ${remark.call} in tfjs`;
    case 'same-graph':
      return `it runs the same graph as ${remark.as}, so that a difference is noise`;
    default:
      return never(remark);
  }
}

function countedWords({ processes: [one, other], withinNoise }: Counted): string {
  const counted = one === 1 && other === 1 ? 'one process against one' : `${one} against ${other} processes`;
  // 1,144 % says nothing to anyone; twelve times does.
  const below = withinNoise < 1 ? wholePercent(withinNoise) : `${formatMultiple(1 + withinNoise)} ×`;
  return `${counted}: differences below ${below} are within noise`;
}

function runsSentence(comparison: ComparisonFinding, { keys: [before, after], basis, confidence, counted, models }: On<'runs'>): string {
  const pair = before === after ? `${after} of the candidate run` : `${after} of the candidate run against ${before} of the baseline`;
  if (basis === 'too-few') return `${pair}: inconclusive, because the runs share no input of the same shape and dtype.`;
  const together = models === null ? '`inferscope compare --run` with both commands' : `\`inferscope compare ${models.join(' ')}\``;
  return `${pair} takes ${figures(comparison, '', confidence)}; fastest typical call, 5th percentile): ${VERDICT_WORDS[comparison.verdict]}. From ${countedWords(counted)}; measure both together with ${together}.`;
}

function pairsSentence(
  comparison: ComparisonFinding,
  { names: [baseline, candidate], basis, confidence, pairs, recorded, inputs, needed, turns }: On<'pairs'>,
): string {
  const counted = `${countOf(pairs, 'pair')} of processes`;
  if (basis === 'too-few' && pairs < recorded)
    return `${candidate} against ${baseline}: inconclusive, because the sides share no input of the same shape and dtype in ${recorded - pairs} of ${recorded} pairs.`;
  if (basis === 'too-few')
    return `${candidate} against ${baseline}: inconclusive, because ${counted} ${pairs === 1 ? 'is' : 'are'} too few; ${needed} are needed.`;
  const { verdict, ratio } = comparison;
  const times = verdict === 'faster' ? `${formatMultiple(1 / ratio)} × ` : verdict === 'slower' ? `${formatMultiple(ratio)} × ` : '';
  const how = `${turns === 'rounds' ? 'that took turns' : 'run alternately'}${inputs === 'own' ? ', each side with an input of its own' : ''}`;
  return `${candidate} takes ${figures(comparison, ` of ${baseline}`, confidence)}; fastest typical call, 5th percentile; ${counted} ${how}): ${times}${VERDICT_WORDS[verdict]}.`;
}

/** Why there is no verdict, as a part of a sentence. */
export function withheldReason(withheld: Withheld): string {
  switch (withheld.kind) {
    case 'few-rounds':
      return `an interval needs at least ${withheld.needed} calls of each variant, better as many rounds`;
    case 'few-processes':
      return `an interval over processes needs ${withheld.needed} of them`;
    case 'few-pairs':
      return `an interval needs ${withheld.needed} pairs of processes`;
    case 'no-common-input':
      return 'no input of the same shape and dtype was fed in all processes of both runs';
    case 'other-machine':
      return 'recorded on different machines: times are not compared';
    case 'differs-from-itself':
    case 'false-alarms':
      return failureReason(withheld);
    default:
      return never(withheld);
  }
}
