import type { Advice, Analysis, Comparison, ModelFigure, VariantAnalysis } from '../model/analysis.js';
import { STAGES, type Stage } from '../model/stage.js';
import type { Trust } from '../model/trust.js';
import { renderLayersMarkdown } from './topics/layers/markdown.js';
import { renderPassesMarkdown } from './topics/passes/markdown.js';
import { renderRooflineMarkdown } from './topics/roofline/markdown.js';
import { coldCallsBlock } from './topics/cold-calls.js';
import { differenceBlock } from './topics/difference.js';
import { signatureBlock } from './topics/signatures/markdown.js';
import { codeSpan, escapeMarkdown, markdownProse, markdownTable } from './text-table.js';
import { topFrames } from './topics/top-frames.js';
import { trustRows } from './topics/trust-rows.js';
import { modelFacts } from './topics/models.js';
import { headlineOf, ofModel } from './topics/verdict.js';
import { STAGE_LABELS, VERDICT_WORDS, formatConfidence, formatCount, formatRatio, formatShare, formatTime } from './words.js';

/** One block character a stage: told apart without colour, in every terminal font. */
const BLOCKS: Readonly<Record<Stage, string>> = {
  'data-adapter': '▒',
  'graph-building': '▓',
  'kernel-execution': '█',
  fetch: '▞',
  glue: '░',
  gc: '◆',
  tool: '·',
  unexplained: ' ',
};
const BAR_WIDTH = 60;
const TOP_FRAMES = 8;

/** The report as Markdown that also reads well in a terminal: the same facts as the page, bars drawn with blocks. */
export function renderReportMarkdown(analysis: Analysis): string {
  const { use, sure, act } = headlineOf(analysis);
  const { models = [] } = analysis;
  const blocks = [
    `# ${escapeMarkdown(use)}`,
    `${escapeMarkdown(sure)}\n\n**What to do:** ${markdownProse(act)}`,
    subject(analysis),
    ...(models.length > 1 ? models.flatMap((model) => [modelHead(model), ...figuresOf(ofModel(analysis, model.id))]) : figuresOf(analysis)),
    renderRooflineMarkdown(analysis),
    renderPassesMarkdown(analysis),
    analysis.advice.length === 0
      ? ''
      : `## Advice\n\n${analysis.advice.map((a) => `1. **${markdownProse(a.sentence)}** ${savingWords(a)}${markdownProse(a.evidence)}`).join('\n')}`,
    analysis.trust === undefined ? '' : trustBlock(analysis.trust, analysis.confidence),
    notes(analysis),
  ];
  return `${blocks.filter((block) => block !== '').join('\n\n')}\n`;
}

/** What is told of each model by itself. */
function figuresOf(analysis: Analysis): readonly string[] {
  const measured = analysis.variants.filter(({ calls }) => calls > 0);
  return [
    measured.length === 0 ? '' : `## Where a call's time goes\n\n${drawStageBars(measured)}\n\n${stageTable(measured)}`,
    analysis.comparisons.length === 0 ? '' : `## Which variant is faster\n\n${comparisonTable(analysis.comparisons, analysis.confidence)}`,
    analysis.variants.length === 0 ? '' : `## Latency\n\n${latencyTable(analysis.variants)}`,
    differenceBlock(analysis),
    coldCallsBlock(analysis),
    signatureBlock(analysis),
    ...mostTelling(analysis).map(topFramesOf),
    renderLayersMarkdown(analysis.comparisons),
  ];
}

const modelHead = (model: ModelFigure): string => `# Model ${escapeMarkdown(model.name)}\n\n${escapeMarkdown(modelFacts(model))}`;

/** The baseline and the fastest variant: with eleven variants, all their frames would bury the rest. */
function mostTelling(analysis: Analysis): readonly VariantAnalysis[] {
  const variants = analysis.variants.filter(({ calls }) => calls > 0);
  if (variants.length <= 2) return variants;
  const fastest = variants.reduce((best, variant) => (variant.latencyNanos.p50 < best.latencyNanos.p50 ? variant : best));
  return [...new Set([variants[0], fastest])].filter((variant) => variant !== undefined);
}

function subject({ model, runtime, inputSignature, environment }: Analysis): string {
  const backend = environment.tensorflow === null ? environment.backend : `TensorFlow ${environment.tensorflow}`;
  return `Model ${codeSpan(model.name)} (${runtime}), input ${codeSpan(inputSignature)}, ${escapeMarkdown(backend)}, Node ${escapeMarkdown(environment.node)}, ${escapeMarkdown(environment.cpu)} × ${environment.cpuCount}.`;
}

/** Bars in a code block. */
export const drawStageBars = (variants: readonly VariantAnalysis[], width = BAR_WIDTH): string =>
  `\`\`\`text\n${stageBarLines(variants, width).join('\n')}\n\`\`\``;

/** Bars on one scale, a line each, and a legend of the blocks that occur. */
export function stageBarLines(variants: readonly VariantAnalysis[], width = BAR_WIDTH): readonly string[] {
  const longest = Math.max(1, ...variants.map((v) => v.latencyNanos.mean));
  const names = variants.map((v) => v.key.replace(/[`\r\n]/g, ' '));
  const room = Math.max(...names.map((name) => name.length));
  const lines = variants.map(
    (v, i) =>
      `${(names[i] ?? '').padEnd(room)} ${bar(v, Math.round((v.latencyNanos.mean / longest) * width)).padEnd(width)} ${formatTime(v.latencyNanos.mean)}`,
  );
  const seen = STAGES.filter((stage) => stage !== 'unexplained' && variants.some((v) => v.stages[stage].share >= 0.005));
  const legend = seen.map((stage) => `${BLOCKS[stage]} ${STAGE_LABELS[stage]}`).join('  ');
  return [...lines, `${' '.repeat(room)} ${legend}`];
}

/** Exactly `cells` characters, shared out by largest remainder so that rounding never makes a bar longer. */
function bar(variant: VariantAnalysis, cells: number): string {
  const exact = STAGES.map((stage) => ({ stage, cells: Math.max(0, variant.stages[stage].share) * cells }));
  const whole = exact.map(({ stage, cells: n }) => ({ stage, n: Math.floor(n), rest: n - Math.floor(n) }));
  let left = Math.max(0, cells - whole.reduce((sum, { n }) => sum + n, 0));
  for (const part of [...whole].sort((a, b) => b.rest - a.rest)) {
    if (left === 0) break;
    part.n++;
    left--;
  }
  return whole
    .map(({ stage, n }) => BLOCKS[stage].repeat(n))
    .join('')
    .slice(0, cells);
}

function stageTable(variants: readonly VariantAnalysis[]): string {
  const shown = STAGES.filter((stage) => variants.some((v) => v.stages[stage].nanosPerCall > 0));
  const rows = shown.map((stage) => [
    STAGE_LABELS[stage],
    ...variants.map((v) => `${formatTime(v.stages[stage].nanosPerCall)} (${formatShare(v.stages[stage].share)})`),
  ]);
  return markdownTable(
    ['Stage', ...headings(variants)],
    ['left', ...variants.map(() => 'right' as const)],
    [...rows, ['**mean call**', ...variants.map((v) => `**${formatTime(v.latencyNanos.mean)}**`)]],
  );
}

const headings = (variants: readonly VariantAnalysis[]): readonly string[] => variants.map((v) => escapeMarkdown(v.key));

function comparisonTable(comparisons: readonly Comparison[], confidence: number): string {
  const rows = comparisons.map((c) => [
    escapeMarkdown(c.candidate),
    escapeMarkdown(c.baseline),
    c.ratio.toFixed(3),
    `${c.interval[0].toFixed(3)} to ${c.interval[1].toFixed(3)}`,
    escapeMarkdown(verdictWords(c)),
  ]);
  return markdownTable(
    ['Candidate', 'against', 'ratio', `${formatConfidence(confidence)} interval`, 'verdict'],
    ['left', 'left', 'right', 'right', 'left'],
    rows,
  );
}

function verdictWords({ verdict, ratio, withheld }: Comparison): string {
  if (verdict === 'faster' || verdict === 'slower') return formatRatio(ratio);
  return `${VERDICT_WORDS[verdict]}${withheld === undefined ? '' : `: ${withheld}`}`;
}

/** In place of figures that nothing was measured for. */
const NO_FIGURES: readonly string[] = Array.from({ length: 6 }, () => '–');

function latencyTable(variants: readonly VariantAnalysis[]): string {
  const orDash = (value: number | null): string => (value === null ? 'too few calls' : formatTime(value));
  const rows = variants.map(({ key, calls, latencyNanos: l, cold }) => [
    escapeMarkdown(key),
    formatCount(calls),
    cold[0] === undefined ? '–' : formatTime(cold[0].latencyNanos),
    ...(calls === 0
      ? NO_FIGURES
      : [formatTime(l.min), formatTime(l.p50), orDash(l.p90), orDash(l.p99), formatTime(l.max), formatTime(l.spread)]),
  ]);
  return markdownTable(
    ['Variant', 'warm calls', 'first call', 'min', 'p50', 'p90', 'p99', 'max', 'spread'],
    ['left', ...Array.from({ length: 8 }, () => 'right' as const)],
    rows,
  );
}

function topFramesOf(variant: VariantAnalysis): string {
  const rows = topFrames(variant.tree, TOP_FRAMES);
  if (rows.length === 0) return '';
  const per = Math.max(1, variant.calls);
  const table = markdownTable(
    ['Frame', 'stage', 'self per call', 'share', 'runs per call'],
    ['left', 'left', 'right', 'right', 'right'],
    rows.map(({ name, stage, selfNanos, share, count }) => [
      codeSpan(name),
      STAGE_LABELS[stage],
      formatTime(selfNanos / per),
      formatShare(share),
      count === null ? '–' : formatCount(count / per),
    ]),
  );
  return `## Top frames: ${escapeMarkdown(variant.key)}\n\n${table}`;
}

/** What the page shows as a tag beside the advice. */
const savingWords = ({ saving, verified }: Advice): string =>
  saving === null
    ? ''
    : `(${verified ? 'measured' : 'estimated'}: saves ${formatShare(saving.share)} of ${saving.of ?? 'a call'}, ${formatShare(saving.interval[0])} to ${formatShare(saving.interval[1])}) `;

function trustBlock(trust: Trust, confidence: number): string {
  const facts = trustRows(trust, confidence).map(([term, value]) => `- ${term}: ${escapeMarkdown(value)}`);
  const others = [...trust.warnings, ...trust.skipped.map((what) => `Skipped: ${what}`)].map((line) => `- ${escapeMarkdown(line)}`);
  return `## Can these figures be trusted?\n\n${escapeMarkdown(trust.sentence)}\n\n${[...facts, ...others].join('\n')}`;
}

function notes({ spans, notes: lines, variants }: Analysis): string {
  const failed = variants.filter((v) => v.errors > 0).map((v) => `${v.key}: ${formatCount(v.errors)} calls failed.`);
  const sent = spans.accepted === null ? '' : `, ${formatCount(spans.accepted)} accepted by the collector`;
  const all = [`${formatCount(spans.recorded)} spans recorded, ${formatCount(spans.lost)} lost${sent}.`, ...failed, ...lines];
  return `## Notes\n\n${all.map((line) => `- ${markdownProse(line)}`).join('\n')}`;
}
