import type { Analysis } from '../../../model/analysis.js';
import { html, type Html } from '../../html.js';
import { lineUps, operationWords, type LayerRow, type LayerSide } from '../layers.js';
import { formatRatio, formatTime } from '../../words.js';

const MAX_COMPARISONS = 2;
const MAX_ROWS = 60;

export const hasLineUps = ({ comparisons }: Analysis): boolean => lineUps(comparisons, 1).length > 0;

/** The eager run's operations beside the fused graph's, layer by layer. */
export function renderLayers({ comparisons }: Analysis): Html {
  return html`<p class="muted">
      Operations have other names once a graph is optimised; the layer they came from is the same. Time per call inside of each layer,
      dispatch included, and the operations that did its work.
    </p>
    ${lineUps(comparisons, MAX_COMPARISONS).map(
      ({ comparison, rows }) =>
        html`<div class="scroll">
            <table>
              <thead>
                <tr>
                  <th scope="col">Layer</th>
                  <th scope="col" colspan="2">${comparison.baseline}</th>
                  <th scope="col" colspan="2">${comparison.candidate}</th>
                  <th scope="col">change</th>
                </tr>
              </thead>
              <tbody>
                ${rows.slice(0, MAX_ROWS).map(layerRow)}
              </tbody>
            </table>
          </div>
          ${rows.length > MAX_ROWS ? html`<p class="muted">${rows.length - MAX_ROWS} more layers are in report.json.</p>` : ''}`,
    )}`;
}

const layerRow = (row: LayerRow): Html =>
  html`<tr>
    <th scope="row"><code>${row.layer}</code></th>
    ${cells(row.baseline)}${cells(row.candidate)}
    <td>${changeWords(row)}</td>
  </tr>`;

const cells = (side: LayerSide): Html =>
  side.operations.length === 0
    ? html`<td class="num muted">–</td>
        <td></td>`
    : html`<td class="num">${formatTime(side.nanosPerCall)}</td>
        <td class="wide"><small>${operationWords(side)}</small></td>`;

/** How the layer's time changed; a shift that is not certain says so. */
function changeWords({ baseline, candidate, significant }: LayerRow): string {
  if (baseline.nanosPerCall === 0 || candidate.nanosPerCall === 0) return 'one side only';
  return `${formatRatio(candidate.nanosPerCall / baseline.nanosPerCall)}${significant ? '' : ' (not certain)'}`;
}
