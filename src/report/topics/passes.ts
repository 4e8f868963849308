import type { Analysis, OptimiserPass } from '../../model/analysis.js';
import { html, type Html } from '../html.js';
import { formatCount, formatTime } from '../words.js';

/** What the graph optimiser did before the first run of a SavedModel. */
export function renderPasses({ passes }: Analysis): Html {
  if (passes === undefined) return html``;
  const all = passes.reduce((sum, { nanos }) => sum + nanos, 0);
  return html`<p class="muted">
      Passes of TensorFlow’s graph optimiser (Grappler) before the first run, ${formatTime(all)} in all; the call’s graph building above
      also places nodes and makes the executor. TensorFlow tells only its log of them, so they were seen in a process of its own.
    </p>
    <div class="scroll">
      <table>
        <thead>
          <tr>
            <th scope="col">Pass</th>
            <th scope="col" class="num">runs</th>
            <th scope="col" class="num">time</th>
            <th scope="col" class="num">nodes</th>
            <th scope="col" class="num">left after it</th>
          </tr>
        </thead>
        <tbody>
          ${passes.map(
            ({ name, runs, nanos, nodeChange, nodesAfter }) =>
              html`<tr>
                <th scope="row"><code>${name}</code></th>
                <td class="num">${runs}</td>
                <td class="num">${formatTime(nanos)}</td>
                <td class="num">${changeWords(nodeChange)}</td>
                <td class="num">${formatCount(nodesAfter)}</td>
              </tr>`,
          )}
        </tbody>
      </table>
    </div>`;
}

const changeWords = (change: OptimiserPass['nodeChange']): string =>
  change === 0 ? '–' : change > 0 ? `+${formatCount(change)}` : `−${formatCount(-change)}`;
