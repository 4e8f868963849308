import { extent } from 'simple-statistics';
import type { LoopFigure, VariantAnalysis } from '../../model/analysis.js';
import { html, type Html } from '../html.js';
import type { SizedHtml } from '../topic.js';
import { formatTime } from '../words.js';

/** Loops shown for a variant, and bars of one at most; report.json has all. */
const MAX_LOOPS = 24;
const MAX_BARS = 400;
const HEIGHT = 60;
const CSS = '.loop svg{width:100%;height:60px;display:block}.loop rect{fill:var(--stage-kernel-execution)}.loop summary{cursor:pointer}';

export const hasLoops = (variants: readonly VariantAnalysis[]): boolean => variants.some(({ loops }) => loops.length > 0);

/** The kernels of loops, folded; each opens to show its iterations. */
export function renderLoops(variants: readonly VariantAnalysis[]): SizedHtml {
  const shown = variants.filter(({ loops }) => loops.length > 0);
  const markup = html`<p class="muted">
      Everywhere else a loop’s iterations are one frame. Here each kernel of a loop’s body opens to show its iterations, in order, as one
      traced call ran them.
    </p>
    ${shown.map(
      ({ key, loops }) =>
        html`<h3>${key}</h3>
          ${loops.slice(0, MAX_LOOPS).map(loop)}${loops.length > MAX_LOOPS ? html`<p class="muted">${loops.length - MAX_LOOPS} lighter ones are in report.json.</p>` : ''}`,
    )}`;
  return { markup, css: CSS };
}

function loop({ op, node, layer, iterationNanos }: LoopFigure): Html {
  const all = iterationNanos.reduce((sum, nanos) => sum + nanos, 0);
  const [least, longest] = extent([...iterationNanos]);
  const most = Math.max(1, longest);
  const bars = iterationNanos.slice(0, MAX_BARS);
  const spoken = `${iterationNanos.length} iterations of ${op}, ${formatTime(least)} to ${formatTime(most)}`;
  return html`<details class="loop">
    <summary>
      ${layer === null ? '' : html`<b>${layer}</b> `}<code>${op} ×${iterationNanos.length}</code> ${formatTime(all)}
      <small class="muted">${node}</small>
    </summary>
    <svg viewBox="0 0 ${bars.length} ${HEIGHT}" preserveAspectRatio="none" role="img" aria-label="${spoken}">
      ${bars.map((nanos, index) => html`<rect x="${index}" y="${(HEIGHT * (1 - nanos / most)).toFixed(1)}" width="0.85" height="${((HEIGHT * nanos) / most).toFixed(1)}"><title>${index + 1}: ${formatTime(nanos)}</title></rect>`)}
    </svg>
    <p class="muted">
      ${formatTime(least)} to ${formatTime(most)} an
      iteration${iterationNanos.length > MAX_BARS ? `; the first ${MAX_BARS} are drawn` : ''}.
    </p>
  </details>`;
}
