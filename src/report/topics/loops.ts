import { loopExtent } from '../../analyse/findings/loops.js';
import type { Analysis, LoopFigure } from '../../model/analysis.js';
import { html, type Html } from '../html.js';
import { codeSpan, escapeMarkdown } from '../text-table.js';
import type { Topic } from '../topic.js';
import { formatCount, formatTime } from '../words.js';

/** Loops shown for a variant, and bars of one at most; report.json has all. */
const MAX_LOOPS = 24;
const MAX_BARS = 400;
const HEIGHT = 60;
const CSS = '.loop svg{width:100%;height:60px;display:block}.loop rect{fill:var(--stage-kernel-execution)}.loop summary{cursor:pointer}';

const EXPLANATION =
  'Everywhere else a loop’s iterations are one frame. Here each kernel of a loop’s body stands with its iterations, as one traced call ran them.';

/** The kernels of loops; on the page each opens to show its iterations. */
export const LOOPS: Topic = {
  id: 'loops',
  title: 'Loops, iteration by iteration',
  shown: ({ analysis }) => loopedOf(analysis).length > 0,
  html: ({ analysis }) => ({
    markup: html`<p class="muted">${EXPLANATION}</p>
      ${loopedOf(analysis).map(
        ({ key, loops, more }) =>
          html`<h3>${key}</h3>
            ${loops.map(loopHtml)}${more === '' ? '' : html`<p class="muted">${more}</p>`}`,
      )}`,
    css: CSS,
  }),
  markdown: ({ analysis }) =>
    [
      EXPLANATION,
      ...loopedOf(analysis).map(({ key, loops, more }) =>
        [`### ${escapeMarkdown(key)}`, loops.map(loopMarkdown).join('\n'), more].filter((block) => block !== '').join('\n\n'),
      ),
    ].join('\n\n'),
};

const loopedOf = ({ variants }: Analysis) =>
  variants
    .filter(({ loops }) => loops.length > 0)
    .map(({ key, loops }) => ({
      key,
      loops: loops.slice(0, MAX_LOOPS),
      more: loops.length > MAX_LOOPS ? `${formatCount(loops.length - MAX_LOOPS)} lighter ones are in report.json.` : '',
    }));

/** What is said of a loop's kernel. */
function factsOf(figure: LoopFigure) {
  const { iterations, nanos, shortestNanos, longestNanos } = loopExtent(figure);
  return {
    name: `${figure.op} ×${formatCount(iterations)}`,
    all: formatTime(nanos),
    each: `${formatTime(shortestNanos)} to ${formatTime(longestNanos)} per iteration`,
    longest: Math.max(1, longestNanos),
  };
}

function loopMarkdown(figure: LoopFigure): string {
  const { name, all, each } = factsOf(figure);
  const layer = figure.layer === null ? '' : `${escapeMarkdown(figure.layer)} `;
  return `- ${layer}${codeSpan(name)} ${all}, ${each} (${codeSpan(figure.node)})`;
}

function loopHtml(figure: LoopFigure): Html {
  const { node, layer, iterationNanos } = figure;
  const { name, all, each, longest } = factsOf(figure);
  const bars = iterationNanos.slice(0, MAX_BARS);
  return html`<details class="loop">
    <summary>${layer === null ? '' : html`<b>${layer}</b> `}<code>${name}</code> ${all} <small class="muted">${node}</small></summary>
    <svg viewBox="0 0 ${bars.length} ${HEIGHT}" preserveAspectRatio="none" role="img" aria-label="${name}: ${each}">
      ${bars.map((nanos, index) => html`<rect x="${index}" y="${(HEIGHT * (1 - nanos / longest)).toFixed(1)}" width="0.85" height="${((HEIGHT * nanos) / longest).toFixed(1)}"><title>${index + 1}: ${formatTime(nanos)}</title></rect>`)}
    </svg>
    <p class="muted">${each}${iterationNanos.length > MAX_BARS ? `; the first ${MAX_BARS} are drawn` : ''}.</p>
  </details>`;
}
