import { outputsSentence } from '../words/parity.js';
import type { Analysis, Comparison, ModelFigure, VariantAnalysis } from '../../model/analysis.js';
import { STAGES, type Stage } from '../../model/stage.js';
import { growingSentences } from '../words/growth.js';
import { leakSentences } from '../words/leaks.js';
import { noiseAbove, withinNoise } from '../words/trust.js';
import { html, type Html } from '../html.js';
import { besideRatios, medianCall, stretchedBars } from '../mean-and-median.js';
import { codeSpan, escapeMarkdown, markdownProse } from '../text-table.js';
import { bestOf, USUAL } from '../advice/levels.js';
import type { Topic } from '../topic.js';
import { beside, notMeasured } from './nothing-measured.js';
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

/** Draws the headline from the comparisons against the first variant, else from where the time goes. */
export function headlineOf(analysis: Analysis): Headline {
  const headline = headlineOfModels(analysis);
  const leaks = leakSentences(analysis.leaks ?? []);
  const growing = analysis.memory?.madeBy === 'program' ? growingSentences(analysis.memory) : [];
  // What grows beside tensors that stay grows with them most of the time.
  const lost = leaks.length > 0 ? leaks : growing;
  return lost.length === 0 ? headline : { ...headline, act: lost.join(' ') };
}

/** A model that was loaded and has no call of its own is no second one: a pipeline runs it (a vocoder), or nobody does. */
function headlineOfModels(analysis: Analysis): Headline {
  const { models = [] } = analysis;
  const called = models.filter(({ calls }) => calls > 0);
  const [one, ...others] = called.length === 0 ? models : called;
  if (one === undefined || models.length === 1) return headlineOfOne(analysis);
  return others.length === 0 ? headlineOfOne(ofModel(analysis, one.id)) : severalModels(analysis, [one, ...others]);
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

/** What an analysis says of one model of several. */
export function ofModel(analysis: Analysis, id: string): Analysis {
  const variants = analysis.variants.filter(({ model }) => model === id);
  const keys = new Set(variants.map(({ key }) => key));
  return {
    ...analysis,
    models: [],
    leaks: [],
    variants,
    comparisons: analysis.comparisons.filter(({ baseline }) => keys.has(baseline)),
    signatures: analysis.signatures.filter(({ variant }) => keys.has(variant)),
    signatureGroups: (analysis.signatureGroups ?? []).filter(({ variant }) => keys.has(variant)),
    padding: analysis.padding.filter(({ variant }) => keys.has(variant)),
  };
}

function modelSentence({ variants }: Analysis): string {
  const measured = variants.filter(({ calls }) => calls > 0);
  if (measured.length === 0) return 'without a warm call';
  return measured
    .map((variant) => {
      const [stage, { share }] = heaviest(variant);
      return `${variant.call} median ${formatTime(variant.latencyNanos.p50)} (${countOf(variant.calls, 'warm call')}, ${formatShare(share)} ${STAGE_LABELS[stage]})`;
    })
    .join(', ');
}

function headlineOfOne(analysis: Analysis): Headline {
  const [baseline] = analysis.variants;
  if (baseline === undefined) {
    return { use: 'Nothing was measured.', sure: 'No call was seen.', act: 'See the notes for what went wrong.', tone: 'unsure' };
  }
  if (baseline.calls === 0) return withoutBaseline(analysis, baseline);
  const against = analysis.comparisons.filter((comparison) => comparison.baseline === baseline.key);
  const best = bestOf(against);
  if (best !== undefined) return gain(analysis, baseline, best, against);
  if (against.length === 0) return alone(analysis, baseline);
  return against.some((c) => c.verdict === 'cannot-tell') ? unsure(analysis, against) : keep(analysis, baseline, against);
}

/** The variants in the order in which a reader wants them: the baseline, the one to use instead, the rest as they ran. */
export function inReadingOrder({ variants, comparisons }: Pick<Analysis, 'variants' | 'comparisons'>): readonly VariantAnalysis[] {
  const [baseline, ...others] = variants;
  if (baseline === undefined) return [];
  const best = bestOf(comparisons.filter((comparison) => comparison.baseline === baseline.key))?.candidate;
  return [baseline, ...others.filter(({ key }) => key === best), ...others.filter(({ key }) => key !== best)];
}

function gain(analysis: Analysis, baseline: VariantAnalysis, best: Comparison, all: readonly Comparison[]): Headline {
  const candidate = analysis.variants.find((v) => v.key === best.candidate);
  const calls = candidate === undefined ? '' : `, from ${formatCount(candidate.calls)} and ${formatCount(baseline.calls)} calls`;
  const asGood = all.filter((c) => c !== best && c.verdict === 'faster' && c.interval[0] <= best.interval[1]);
  const noise = noiseAbove(best.ratio, analysis);
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

/** Of ONNX Runtime's levels the baseline is not what a program has by default: of that one it is said what to do. */
function keepSentence(analysis: Analysis, baseline: VariantAnalysis, against: readonly Comparison[]): string {
  const usual = against.find(({ candidate }) => candidate === USUAL);
  if (usual?.verdict === 'slower') {
    const ratio = 1 / usual.ratio;
    const [gained, noise] = [`${formatRatio(ratio)} than ${USUAL}, the default`, noiseAbove(ratio, analysis)];
    return noise === null ? `Use ${baseline.key}: ${gained}.` : `Not certain: ${baseline.key} came out ${gained}, ${withinNoise(noise)}.`;
  }
  if (usual !== undefined) return `Keep ${USUAL}, the default: nothing measured here is faster.`;
  return `Keep ${baseline.key}: nothing measured here is faster.`;
}

function keep(analysis: Analysis, baseline: VariantAnalysis, against: readonly Comparison[]): Headline {
  const slower = against.filter((c) => c.verdict === 'slower');
  const even = against.filter((c) => c.verdict === 'no-difference');
  const parts = [
    even.length > 0
      ? `${even.map((c) => c.candidate).join(', ')} ${even.length === 1 ? 'is' : 'are'} indistinguishable from ${baseline.key}`
      : '',
    slower.length > 0 ? slower.map((c) => `${c.candidate} is ${formatRatio(c.ratio)}`).join(', ') : '',
  ].filter((part) => part !== '');
  return {
    use: keepSentence(analysis, baseline, against),
    sure: `${parts.join('; ')}.${besideRatios(slower, analysis.variants)}`,
    act: adviceOr(analysis, whereItGoes(baseline)),
    tone: 'even',
  };
}

function unsure(analysis: Analysis, against: readonly Comparison[]): Headline {
  const doubtful = against.filter((c) => c.verdict === 'cannot-tell');
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
function withoutBaseline({ variants }: Analysis, baseline: VariantAnalysis): Headline {
  const { use, sure, act } = notMeasured(baseline);
  const others = variants.filter((variant) => variant !== baseline);
  const measured = others
    .filter(({ calls }) => calls > 0)
    .map(
      ({ key, calls, latencyNanos }) =>
        `${key}: median call ${formatTime(latencyNanos.p50)}, from ${countOf(calls, 'warm call')}; nothing to compare it with.`,
    );
  return { use, sure: [sure, ...measured, ...beside(others)].join(' '), act, tone: 'unsure' };
}

function alone(analysis: Analysis, only: VariantAnalysis): Headline {
  const [stage, figure] = heaviest(only);
  return {
    use: `${sentenceCase(STAGE_LABELS[stage])} takes ${formatShare(figure.share)} of a call.`,
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

/** The stage with the most time per call. */
export function heaviest(variant: VariantAnalysis): readonly [Stage, { readonly nanosPerCall: number; readonly share: number }] {
  const stage = [...STAGES].sort((a, b) => variant.stages[b].nanosPerCall - variant.stages[a].nanosPerCall)[0] ?? 'unexplained';
  return [stage, variant.stages[stage]];
}

const adviceOr = (analysis: Analysis, otherwise: string): string => analysis.advice[0]?.sentence ?? otherwise;

function whereItGoes(variant: VariantAnalysis): string {
  const [stage, figure] = heaviest(variant);
  return `Look at ${STAGE_LABELS[stage]} first: ${formatTime(figure.nanosPerCall)} of each call (${formatShare(figure.share)}).`;
}

export const sentenceCase = (text: string): string => text.charAt(0).toUpperCase() + text.slice(1);
