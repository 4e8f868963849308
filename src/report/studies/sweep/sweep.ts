import { DIMENSIONS, type Sweep, type SweptVariant } from '../../../model/sweep.js';
import { html, type Html } from '../../html.js';
import { renderDocument } from '../../plain-document.js';
import { drawSweep, PLOT_CSS } from './plot.js';
import { bounded, sweepSentences } from './words.js';
import { formatChange, formatCount, formatShare, formatShortTime, formatTime } from '../../words.js';

/** A sweep as one offline page: sentences, plot, fits with intervals, residuals. */
export function renderSweepHtml(sweep: Sweep): string {
  const { model, dimension, variants, items, at, environment, notes } = sweep;
  const { item, what } = DIMENSIONS[dimension];
  return renderDocument(
    `Latency over ${what}`,
    model,
    [
      html`<section><ul>${sweepSentences(sweep).map((sentence) => html`<li>${sentence}</li>`)}</ul></section>`,
      html`<section><h2>Measured and fitted</h2>${drawSweep(sweep)}<p class="muted">Each dot is the median call of one pass; lines are latency = fixed + per ${item} × ${item}s, fitted by least squares in relative terms; dotted upright lines are crossovers. Both axes are logarithmic; the horizontal one counts ${item}s.</p></section>`,
      html`<section><h2>Fixed cost and cost of a ${item}</h2>${fitTable(sweep)}<p class="muted">Share of fixed cost at ${formatCount(at)} ${item}s.</p></section>`,
      html`<section><h2>Residuals</h2>${residualTable(variants, items)}<p class="muted">Measured mean against the line, as a share of the mean. A line is refused when a lack of fit is certain (p &lt; 0.01) and one size is off by more than 10 %.</p></section>`,
      html`<section><h2>Machine</h2><dl>${environment.map(([term, value]) => html`<dt>${term}</dt><dd>${value}</dd>`)}</dl>${notes.length === 0 ? '' : html`<ul>${notes.map((note) => html`<li>${note}</li>`)}</ul>`}</section>`,
    ],
    PLOT_CSS,
  );
}

const ofFit = ({ result }: SweptVariant) => (result.kind === 'line' ? result.fit : null);

function fitTable({ variants, dimension, confidence }: Sweep): Html {
  const rows = variants.map((variant) => {
    const fit = ofFit(variant);
    if (fit === null)
      return html`<tr><th scope="row">${variant.key}</th><td colspan="3">${variant.result.kind === 'refused' ? variant.result.reason : ''}</td></tr>`;
    return html`<tr><th scope="row">${variant.key}</th><td class="num">${bounded(fit.fixedNanos, confidence, formatTime)}</td><td class="num">${bounded(fit.perItemNanos, confidence, formatShortTime)}</td><td class="num">${variant.overheadShare === null ? '' : bounded(variant.overheadShare, confidence, formatShare)}</td></tr>`;
  });
  return html`<div class="scroll"><table><thead><tr><th scope="col">Variant</th><th scope="col" class="num">per call</th><th scope="col" class="num">per ${DIMENSIONS[dimension].item}</th><th scope="col" class="num">fixed share</th></tr></thead><tbody>${rows}</tbody></table></div>`;
}

function residualTable(variants: readonly SweptVariant[], items: readonly number[]): Html {
  const rows = variants.map(({ key, result }) => {
    const residuals = result.fit?.residuals ?? [];
    return html`<tr><th scope="row">${key}</th>${items.map((size) => html`<td class="num">${cell(residuals.find((one) => one.size === size)?.share)}</td>`)}</tr>`;
  });
  return html`<div class="scroll"><table><thead><tr><th scope="col">Variant</th>${items.map((size) => html`<th scope="col" class="num">${formatCount(size)}</th>`)}</tr></thead><tbody>${rows}</tbody></table></div>`;
}

const cell = (share: number | undefined): string => (share === undefined ? '–' : formatChange(share, formatShare));
