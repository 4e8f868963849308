import type { Analysis } from '../../../model/analysis.js';
import { html, type Html } from '../../html.js';
import { groupSentence, leftOutShapes, shapeRows } from '../shapes.js';
import { paddingSentence } from '../padding-words.js';
import { formatCount, formatTime } from '../../words.js';

/** The shape ledger: a row a signature and variant, and what padding would have saved. */
export function renderSignatures(analysis: Analysis): Html {
  const { padding, signatureGroups = [] } = analysis;
  const shown = shapeRows(analysis);
  const time = (nanos: number | null): string => (nanos === null ? '–' : formatTime(nanos));
  const rows = shown.rows.map(
    (row) =>
      html`<tr>
        <th scope="row">${row.variant}</th>
        <td><code>${row.signature}</code></td>
        <td class="num">${time(row.firstCallNanos)}</td>
        <td class="num">${time(row.warmNanos)}</td>
        <td class="num">${formatCount(row.hits)}</td>
        <td class="num">${formatCount(row.misses)}</td>
        <td class="num">${row.payBackCalls === null ? 'never' : formatCount(row.payBackCalls)}</td>
      </tr>`,
  );
  return html`${signatureGroups.map((group) => html`<p>${groupSentence(group)}</p>`)}
    <div class="scroll">
      <table>
        <thead>
          <tr>
            <th scope="col">Variant</th>
            <th scope="col">Input</th>
            <th scope="col" class="num">when building</th>
            <th scope="col" class="num">then</th>
            <th scope="col" class="num">calls ready</th>
            <th scope="col" class="num">calls that built</th>
            <th scope="col" class="num">calls to pay back</th>
          </tr>
        </thead>
        <tbody>
          ${rows}
        </tbody>
      </table>
    </div>
    <p class="muted">
      A call that built something (a graph, a session’s executor, code for the shape) is paid back once the calls after it have saved as
      much against the slowest variant.${shown.left === 0 ? '' : ` ${leftOutShapes(shown.left)}`}
    </p>
    ${padding.map((plan) => html`<p>${paddingSentence(plan)}</p>`)}`;
}
