import type { Comparison } from '../../model/analysis.js';
import { html, type Html } from '../html.js';
import { VERDICT_WORDS, formatConfidence, formatRatio } from '../words.js';
import type { Verdict } from '../../model/verdict.js';

/** One row a comparison: ratio, its interval drawn on a common logarithmic scale around 1, and the verdict in words. */
export function renderComparisons(comparisons: readonly Comparison[], confidence: number): Html {
  if (comparisons.length === 0) return html`<p class="muted">One variant was measured, so there is nothing to compare.</p>`;
  const reach = Math.max(
    0.05,
    ...comparisons.flatMap(({ interval, ratio }) => [...interval, ratio].map((v) => Math.abs(Math.log(Math.max(v, 1e-6))))),
  );
  return html`<div class="scroll">
    <table class="compare">
      <thead>
        <tr>
          <th scope="col">Candidate</th>
          <th scope="col">against</th>
          <th scope="col" class="num">ratio of latency</th>
          <th scope="col">${formatConfidence(confidence)} interval <span class="muted">(left of the line: faster)</span></th>
          <th scope="col">verdict</th>
        </tr>
      </thead>
      <tbody>
        ${comparisons.map((comparison) => row(comparison, reach))}
      </tbody>
    </table>
  </div>`;
}

function row(comparison: Comparison, reach: number): Html {
  const { baseline, candidate, ratio, interval, verdict, withheld, sentence } = comparison;
  return html`<tr>
    <th scope="row">${candidate}</th>
    <td>${baseline}</td>
    <td class="num">${ratio.toFixed(3)} <small>[${interval[0].toFixed(3)}, ${interval[1].toFixed(3)}]</small></td>
    <td>${forest(interval, ratio, verdict, reach)}</td>
    <td class="v-${verdict}" title="${sentence}">
      ${VERDICT_WORDS[verdict]}${verdict === 'faster' || verdict === 'slower' ? html` <small>${formatRatio(ratio)}</small>` : ''}${withheld === undefined ? '' : html`<br /><small>${withheld}</small>`}
    </td>
  </tr>`;
}

/** Half the width of the drawing, in its own units. */
const HALF = 100;

function forest([low, high]: readonly [number, number], ratio: number, verdict: Verdict, reach: number): Html {
  const x = (value: number): string => (HALF + (Math.log(Math.max(value, 1e-6)) / reach) * (HALF - 8)).toFixed(1);
  const spoken = `ratio ${ratio.toFixed(3)}, interval ${low.toFixed(3)} to ${high.toFixed(3)}`;
  return html`<svg class="forest v-${verdict}" viewBox="0 0 ${2 * HALF} 20" role="img" aria-label="${spoken}">
    <line class="one" x1="${HALF}" x2="${HALF}" y1="0" y2="20" />
    <line class="range" x1="${x(low)}" x2="${x(high)}" y1="10" y2="10" />
    <circle cx="${x(ratio)}" cy="10" r="4" />
  </svg>`;
}
