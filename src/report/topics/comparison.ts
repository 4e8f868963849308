import type { Comparison } from '../../model/analysis.js';
import { html, type Html } from '../html.js';
import { figureColumn, tableMarkdown, words } from '../table.js';
import type { Topic } from '../topic.js';
import { parityCell } from '../words/parity.js';
import { VERDICT_WORDS, formatConfidence, formatFactor, formatRatio } from '../words.js';

/** Each candidate against the baseline: ratio of latency, its interval, the verdict. */
export const COMPARISON: Topic = {
  id: 'comparison',
  nav: 'Comparison',
  title: 'Which variant is faster',
  html: ({ analysis }) => comparisonHtml(analysis.comparisons, analysis.confidence),
  markdown: ({ analysis }) => comparisonMarkdown(analysis.comparisons, analysis.confidence),
};

const NOTHING = 'One variant was measured, so there is nothing to compare.';

const OUTPUTS = 'outputs against the baseline’s';
const outputsKnown = (comparisons: readonly Comparison[]): boolean => comparisons.some(({ outputs }) => outputs !== undefined);

/** What a row says. */
const factsOf = ({ ratio, interval: [low, high], verdict, withheld, outputs }: Comparison) => ({
  ratio: formatFactor(ratio),
  interval: `${formatFactor(low)} to ${formatFactor(high)}`,
  says: verdict === 'faster' || verdict === 'slower' ? formatRatio(ratio) : VERDICT_WORDS[verdict],
  withheld: withheld ?? '',
  outputs: outputs === undefined ? { text: '', beside: '' } : parityCell(outputs),
});

function comparisonMarkdown(comparisons: readonly Comparison[], confidence: number): string {
  if (comparisons.length === 0) return NOTHING;
  const hasOutputs = outputsKnown(comparisons);
  const rows = comparisons.map((comparison) => {
    const { ratio, interval, says, withheld, outputs } = factsOf(comparison);
    const verdict = withheld === '' ? says : `${says}: ${withheld}`;
    return [comparison.candidate, comparison.baseline, ratio, interval, verdict, ...(hasOutputs ? [outputs] : [])];
  });
  const columns = [
    words('Candidate'),
    words('against'),
    figureColumn('ratio of latency'),
    figureColumn(`${formatConfidence(confidence)} interval`),
    words('verdict'),
    ...(hasOutputs ? [words(OUTPUTS)] : []),
  ];
  return tableMarkdown({ columns, rows });
}

/** One row a comparison: ratio, its interval drawn on a common logarithmic scale around 1, and the verdict in words. */
function comparisonHtml(comparisons: readonly Comparison[], confidence: number): Html {
  if (comparisons.length === 0) return html`<p class="muted">${NOTHING}</p>`;
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
          ${outputsKnown(comparisons) ? html`<th scope="col">${OUTPUTS}</th>` : ''}
        </tr>
      </thead>
      <tbody>
        ${comparisons.map((comparison) => row(comparison, reach, outputsKnown(comparisons)))}
      </tbody>
    </table>
  </div>`;
}

function row(comparison: Comparison, reach: number, hasOutputs: boolean): Html {
  const { baseline, candidate, verdict, sentence } = comparison;
  const facts = factsOf(comparison);
  return html`<tr>
    <th scope="row">${candidate}</th>
    <td>${baseline}</td>
    <td class="num">${facts.ratio} <small>${facts.interval}</small></td>
    <td>${forest(comparison, reach)}</td>
    <td class="said v-${verdict}" title="${sentence}">
      ${facts.says}${facts.withheld === '' ? '' : html`<br /><small>${facts.withheld}</small>`}
    </td>
    ${hasOutputs ? html`<td>${facts.outputs.text} <small>${facts.outputs.beside}</small></td>` : ''}
  </tr>`;
}

/** Half the width of the drawing, in its own units. */
const HALF = 100;

function forest(comparison: Comparison, reach: number): Html {
  const {
    ratio,
    interval: [low, high],
    verdict,
  } = comparison;
  const facts = factsOf(comparison);
  const x = (value: number): string => (HALF + (Math.log(Math.max(value, 1e-6)) / reach) * (HALF - 8)).toFixed(1);
  const spoken = `ratio ${facts.ratio}, interval ${facts.interval}`;
  return html`<svg class="forest v-${verdict}" viewBox="0 0 ${2 * HALF} 20" role="img" aria-label="${spoken}">
    <line class="one" x1="${HALF}" x2="${HALF}" y1="0" y2="20" />
    <line class="range" x1="${x(low)}" x2="${x(high)}" y1="10" y2="10" />
    <circle cx="${x(ratio)}" cy="10" r="4" />
  </svg>`;
}
