import type { Analysis } from '../../../model/analysis.js';
import { html, type Html } from '../../html.js';
import { countsSentence, MAX_OPERATIONS, operationCells, operationTables, OPERATION_HEADINGS } from '../operations.js';

const MAX_COMPARISONS = 2;

export const hasOperations = (analysis: Analysis): boolean => operationTables(analysis).length > 0;

/** The same work on both sides, whatever it is called there. */
export function renderOperations(analysis: Analysis): Html {
  const tables = operationTables(analysis).slice(0, MAX_COMPARISONS);
  return html`<p class="muted">
      Operations by what they compute, per call: a fused kernel counts as its main operation. What a call takes beside them (dispatch,
      conversions, JavaScript) is in the last kind of row.
    </p>
    ${tables.map(
      ({ comparison, shifts }) =>
        html`<h3>${comparison.baseline} → ${comparison.candidate}</h3>
          <div class="scroll">
            <table>
              <thead>
                <tr>
                  ${OPERATION_HEADINGS.map((heading, i) => html`<th scope="col" ${i === 0 ? '' : html` class="num"`}>${heading}</th>`)}
                </tr>
              </thead>
              <tbody>
                ${shifts.slice(0, MAX_OPERATIONS).map(
                  (shift) =>
                    html`<tr>
                      ${operationCells(shift).map((cell, i) => (i === 0 ? html`<th scope="row"><code>${cell}</code></th>` : html`<td class="num">${cell}</td>`))}
                    </tr>`,
                )}
              </tbody>
            </table>
          </div>
          <p class="muted">${countsSentence(shifts)}</p>`,
    )}`;
}
