import { inReadingOrder, isMeasured } from '../../analyse/findings/variants.js';
import { middleLeftOut } from '../../model/short-text.js';
import type { VariantAnalysis } from '../../model/analysis.js';
import { STAGES, type Stage } from '../../model/stage.js';
import { html, type Html } from '../html.js';
import { barFigure, barFigures } from '../mean-and-median.js';
import type { SizedHtml, Topic } from '../topic.js';
import { STAGE_LABELS, formatShare, formatTime, stageTitle } from '../words.js';

/** One bar a variant on a common scale; the figures of its parts are in the ledger's table, too. */
export const STAGE_BARS: Topic = {
  id: 'stages',
  nav: 'Stages',
  title: 'Where a call’s time goes',
  shown: ({ analysis }) => analysis.variants.some(isMeasured),
  html: ({ analysis }) => barsHtml(inReadingOrder(analysis).filter(isMeasured)),
  markdown: ({ analysis }) => `${BARS_ARE_MEANS}\n\n${drawStageBars(inReadingOrder(analysis).filter(isMeasured))}`,
};

/** What is shown at a glance must not be held against a ratio of other figures. */
const BARS_ARE_MEANS = 'A bar is the mean of warm calls; the headline and ratios are of medians.';

/** Share of the row that a letter needs; a part without room for its name says its share, or nothing. */
const LETTER_SHARE = 0.0098;

/** One bar a variant on a common scale: length is the mean warm call, parts are its stages. */
function barsHtml(variants: readonly VariantAnalysis[]): SizedHtml {
  const longest = Math.max(1, ...variants.map((v) => v.latencyNanos.mean));
  const rules: string[] = [];
  const rows = variants.map((variant, row) => {
    const length = variant.latencyNanos.mean / longest;
    rules.push(`#bar-${row}{width:${percent(length)}}`);
    return barRow(variant, row, length, rules);
  });
  const seen = STAGES.filter((stage) => variants.some((v) => v.stages[stage].nanosPerCall > 0));
  const markup = html`<p class="switch" data-bars hidden>
      <button type="button" aria-pressed="true" data-scale="time">time</button
      ><button type="button" aria-pressed="false" data-scale="share">share</button>
    </p>
    <p class="muted">${BARS_ARE_MEANS}</p>
    <div class="bars" id="stage-bars">${rows}</div>
    <ul class="legend" aria-label="Stages">
      ${seen.map((stage) => html`<li title="${stageTitle(stage)}"><i class="swatch s-${stage}"></i>${STAGE_LABELS[stage]}</li>`)}
    </ul>`;
  return { markup, css: rules.join('') };
}

function barRow(variant: VariantAnalysis, row: number, length: number, rules: string[]): Html {
  const parts = STAGES.filter((stage) => variant.stages[stage].nanosPerCall > 0);
  const [mean, median] = barFigures(variant);
  const spoken = parts.map((stage) => `${STAGE_LABELS[stage]} ${formatShare(variant.stages[stage].share)}`).join(', ');
  return html`<div class="bar-row">
    <div class="bar-name">${variant.key}</div>
    <div class="bar-track">
      <div
        class="bar"
        id="bar-${row}"
        role="img"
        aria-label="${variant.key}, mean call ${formatTime(variant.latencyNanos.mean)}: ${spoken}"
      >
        ${parts.map((stage, i) => part(variant, stage, `bar-${row}-${i}`, length, rules))}
      </div>
    </div>
    <div class="bar-figure">${mean}${median === undefined ? '' : html`<small>${median}</small>`}</div>
  </div>`;
}

function part(variant: VariantAnalysis, stage: Stage, id: string, length: number, rules: string[]): Html {
  const { share, nanosPerCall } = variant.stages[stage];
  rules.push(`#${id}{width:${percent(share)}}`);
  const tip = `${STAGE_LABELS[stage]}: ${formatTime(nanosPerCall)} per call, ${formatShare(share)}`;
  return html`<span id="${id}" class="s-${stage}" title="${tip}"
    >${partText(STAGE_LABELS[stage], formatShare(share), (share * length) / LETTER_SHARE)}</span
  >`;
}

/** `letters`: how many have room. */
function partText(name: string, share: string, letters: number): Html | string {
  if (letters >= name.length + share.length + 2) return html`<b>${name}</b> ${share}`;
  return letters >= share.length + 2 ? share : '';
}

const percent = (share: number): string => `${(Math.max(0, Math.min(1, share)) * 100).toFixed(3)}%`;

/** One block character a stage: told apart without colour, in every terminal font. */
const BLOCKS: Readonly<Record<Stage, string>> = {
  'data-adapter': '▒',
  queue: '▪',
  'graph-building': '▓',
  'kernel-execution': '█',
  fetch: '▞',
  glue: '░',
  gc: '◆',
  tool: '·',
  unexplained: ' ',
};
const BAR_WIDTH = 60;
/** Bars begin at one column: longer names would push them off the screen. */
const MAX_NAME = 60;

/** Bars in a code block. */
export const drawStageBars = (variants: readonly VariantAnalysis[], width = BAR_WIDTH): string =>
  `\`\`\`text\n${stageBarLines(variants, width).join('\n')}\n\`\`\``;

/** Bars on one scale, a line each, and a legend of the blocks that occur. */
export function stageBarLines(
  variants: readonly VariantAnalysis[],
  width = BAR_WIDTH,
  figure: (variant: VariantAnalysis) => string = barFigure,
): readonly string[] {
  const longest = Math.max(1, ...variants.map((v) => v.latencyNanos.mean));
  const names = variants.map((v) => middleLeftOut(v.key.replace(/[`\r\n]/g, ' '), MAX_NAME));
  const room = Math.max(...names.map((name) => name.length));
  const lines = variants.map(
    (v, i) => `${(names[i] ?? '').padEnd(room)} ${bar(v, Math.round((v.latencyNanos.mean / longest) * width)).padEnd(width)} ${figure(v)}`,
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
