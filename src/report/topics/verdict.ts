import { headlineFinding, type HeadlineFinding, type Kept } from '../../analyse/findings/headline.js';
import { heaviestStage, isMeasured, ofModel, USUAL } from '../../analyse/findings/variants.js';
import type { Analysis, ModelFigure, VariantAnalysis } from '../../model/analysis.js';
import { never } from '../../model/errors.js';
import { growingSentences } from '../words/growth.js';
import { leakSentences } from '../words/leaks.js';
import { outputsSentence } from '../words/parity.js';
import { withinNoise } from '../words/trust.js';
import { html, type Html } from '../html.js';
import { besideRatios, medianCall, stretchedBars } from '../mean-and-median.js';
import { codeSpan, escapeMarkdown, markdownProse } from '../text-table.js';
import type { Topic } from '../topic.js';
import { beside, notMeasuredWords } from './nothing-measured.js';
import { countOf, formatConfidence, formatCount, formatRatio, formatShare, formatTime, STAGE_LABELS } from '../words.js';

/** The headline of the report: the first thing a reader sees. The page says above it what was measured. */
export const VERDICT: Topic = {
  id: 'verdict',
  html: ({ analysis }) => headlineHtml(headlineOf(analysis)),
  markdown: ({ analysis }) => `${headlineMarkdown(headlineOf(analysis))}\n\n${subject(analysis)}`,
};

/** A headline as the first section of a page. */
export const headlineHtml = ({ use, sure, act, tone }: Headline): Html =>
  html`<section class="verdict tone-${tone}" aria-label="Verdict">
    <h1>${use}</h1>
    <dl>
      <dt>How sure</dt>
      <dd>${sure}</dd>
      <dt>What to do</dt>
      <dd>${act}</dd>
    </dl>
  </section>`;

/** The same as the first lines of a text. */
export const headlineMarkdown = ({ use, sure, act }: Headline): string =>
  [`# ${escapeMarkdown(use)}`, escapeMarkdown(sure), `**What to do:** ${markdownProse(act)}`].join('\n\n');

function subject({ model, runtime, inputSignature, environment }: Analysis): string {
  const backend = environment.tensorflow === null ? environment.backend : `TensorFlow ${environment.tensorflow}`;
  return `Model ${codeSpan(model.name)} (${runtime}), input ${codeSpan(inputSignature)}, ${escapeMarkdown(backend)}, Node ${escapeMarkdown(environment.node)}, ${escapeMarkdown(environment.cpu)} × ${environment.cpuCount}.`;
}

/** The first thing a reader sees: what to use, how sure that is, what to do. */
export interface Headline {
  readonly use: string;
  readonly sure: string;
  readonly act: string;
  readonly tone: 'gain' | 'even' | 'unsure';
}

/** In fewer calls arenas and caches of an engine may still fill: what grows in them stands in the section alone. */
const ENOUGH_TO_GROW = 200;

/** The finding in words; memory that stays comes before any other advice. */
export function headlineOf(analysis: Analysis): Headline {
  const headlined = headlineFinding(analysis);
  const headline = headlineWords(headlined.analysis, headlined.finding);
  const leaks = leakSentences(analysis.leaks ?? []);
  const { memory } = analysis;
  const growing = memory?.madeBy === 'program' && memory.calls >= ENOUGH_TO_GROW ? growingSentences(memory) : [];
  // What grows beside tensors that stay grows with them most of the time.
  const lost = leaks.length > 0 ? leaks : growing;
  return lost.length === 0 ? headline : { ...headline, act: lost.join(' ') };
}

type Of<Kind extends HeadlineFinding['kind']> = Extract<HeadlineFinding, { kind: Kind }>;

function headlineWords(analysis: Analysis, finding: HeadlineFinding): Headline {
  switch (finding.kind) {
    case 'nothing':
      return { use: 'Nothing was measured.', sure: 'No call was seen.', act: 'See the notes for what went wrong.', tone: 'unsure' };
    case 'several-models':
      return severalModels(analysis, finding.models);
    case 'no-baseline':
      return withoutBaseline(finding);
    case 'gain':
      return gain(analysis, finding);
    case 'alone':
      return alone(analysis, finding.only);
    case 'inconclusive':
      return inconclusive(analysis, finding);
    case 'keep':
      return keep(analysis, finding);
    default:
      return never(finding);
  }
}

/** Each model by itself: nothing is compared between them. */
function severalModels(analysis: Analysis, models: readonly ModelFigure[]): Headline {
  const shown = models.slice(0, MAX_MODELS);
  const parts = shown.map((model) => `${model.name} ${modelSentence(ofModel(analysis, model.id))}`);
  const more = models.length > shown.length ? `; ${formatCount(models.length - shown.length)} more are below` : '';
  return {
    use: `${formatCount(models.length)} models were called: ${parts.join('; ')}${more}.`,
    sure: `Different models are not compared with each other; each has a section of its own.${stretchedBars(analysis.variants)} ${beside(analysis.variants.filter(({ model }) => shown.some(({ id }) => id === model))).join(' ')}`.trimEnd(),
    act: adviceOr(analysis, 'Look at the model with the most time first.'),
    tone: 'even',
  };
}

/** Models that the headline names. */
const MAX_MODELS = 4;

function modelSentence({ variants }: Analysis): string {
  const measured = variants.filter(isMeasured);
  if (measured.length === 0) return 'without a warm call';
  return measured
    .map((variant) => {
      const { stage, share } = heaviestStage(variant.stages);
      return `${variant.call} median ${formatTime(variant.latencyNanos.p50)} (${countOf(variant.calls, 'warm call')}, ${formatShare(share)} ${STAGE_LABELS[stage]})`;
    })
    .join(', ');
}

function gain(analysis: Analysis, { best, baseline, candidate, ties: asGood, noise }: Of<'gain'>): Headline {
  const calls = candidate === undefined ? '' : `, from ${formatCount(candidate.calls)} and ${formatCount(baseline.calls)} calls`;
  const outputs = best.outputs === undefined ? '' : ` ${outputsSentence(best.outputs)}`;
  const ties = asGood.length === 0 ? '' : ` Indistinguishable from ${asGood.map((c) => c.candidate).join(', ')}.`;
  return {
    use:
      noise === null
        ? `Use ${best.candidate}: ${formatRatio(best.ratio)} than ${best.baseline}.`
        : `Not certain: ${best.candidate} came out ${formatRatio(best.ratio)} than ${best.baseline}, ${withinNoise(noise)}.`,
    sure: `${formatConfidence(analysis.confidence)} interval of the ratio: ${formatRatio(best.interval[1])} to ${formatRatio(best.interval[0])}${calls}.${ties}${outputs}${besideRatios([best], analysis.variants)}`,
    act: noise === null ? adviceOr(analysis, `Run the model as ${best.candidate}.`) : MEASURE_LONGER,
    tone: noise === null ? 'gain' : 'unsure',
  };
}

const MEASURE_LONGER = 'Measure longer (more calls) or on a quieter machine.';

/** Of the level that a program has by default it is said what to do. */
function keepSentence({ baseline, usual }: Kept): string {
  if (usual === null) return `Keep ${baseline.key}: nothing measured here is faster.`;
  if (usual.kind === 'as-good') return `Keep ${USUAL}, the default: nothing measured here is faster.`;
  const gained = `${formatRatio(usual.ratio)} than ${USUAL}, the default`;
  return usual.noise === null
    ? `Use ${baseline.key}: ${gained}.`
    : `Not certain: ${baseline.key} came out ${gained}, ${withinNoise(usual.noise)}.`;
}

function keep(analysis: Analysis, kept: Kept): Headline {
  const { baseline, slower, even } = kept;
  const parts = [
    even.length > 0
      ? `${even.map((c) => c.candidate).join(', ')} ${even.length === 1 ? 'is' : 'are'} indistinguishable from ${baseline.key}`
      : '',
    slower.length > 0 ? slower.map((c) => `${c.candidate} is ${formatRatio(c.ratio)}`).join(', ') : '',
  ].filter((part) => part !== '');
  return {
    use: keepSentence(kept),
    sure: `${parts.join('; ')}.${besideRatios(slower, analysis.variants)}`,
    act: adviceOr(analysis, whereItGoes(baseline)),
    tone: 'even',
  };
}

function inconclusive(analysis: Analysis, { doubtful }: Of<'inconclusive'>): Headline {
  const reason = doubtful.find((c) => c.withheld !== undefined)?.withheld;
  return {
    use: 'Inconclusive: these calls do not show which variant is faster.',
    sure: `${reason === undefined ? doubtful.map((c) => c.sentence).join(' ') : `No verdict, because ${reason}.`}${besideRatios(doubtful, analysis.variants)}`,
    // Advice rests on trials of its own; which variant is faster does not.
    act: [MEASURE_LONGER, ...analysis.advice.slice(0, 1).map(({ sentence }) => sentence)].join(' '),
    tone: 'unsure',
  };
}

/** The baseline has no warm call: what was seen of it comes first, then what the others measured. */
function withoutBaseline({ baseline, others }: Of<'no-baseline'>): Headline {
  const { use, sure, act } = notMeasuredWords(baseline);
  const measured = others
    .filter(isMeasured)
    .map(
      ({ key, calls, latencyNanos }) =>
        `${key}: median call ${formatTime(latencyNanos.p50)}, from ${countOf(calls, 'warm call')}; nothing to compare it with.`,
    );
  return { use, sure: [sure, ...measured, ...beside(others)].join(' '), act, tone: 'unsure' };
}

function alone(analysis: Analysis, only: VariantAnalysis): Headline {
  const { stage, share } = heaviestStage(only.stages);
  return {
    use: `${sentenceCase(STAGE_LABELS[stage])} takes ${formatShare(share)} of a call.`,
    sure: `${medianCall(only)}, from ${countOf(only.calls, 'warm call')}; ${apart(analysis)}`,
    act: adviceOr(analysis, whereItGoes(only)),
    tone: 'even',
  };
}

/** Why nothing is compared. */
function apart({ variants }: Analysis): string {
  const others = beside(variants);
  return others.length === 0 ? 'one variant, so nothing is compared.' : `nothing to compare it with. ${others.join(' ')}`;
}

const adviceOr = (analysis: Analysis, otherwise: string): string => analysis.advice[0]?.sentence ?? otherwise;

function whereItGoes(variant: VariantAnalysis): string {
  const { stage, nanosPerCall, share } = heaviestStage(variant.stages);
  return `Look at ${STAGE_LABELS[stage]} first: ${formatTime(nanosPerCall)} of each call (${formatShare(share)}).`;
}

export const sentenceCase = (text: string): string => text.charAt(0).toUpperCase() + text.slice(1);
