import { isMeasured, stagesOf, sumOfStages } from '../../analyse/findings/variants.js';
import type { Analysis } from '../../model/analysis.js';
import { html } from '../html.js';
import { figureColumn, tableHtml, tableMarkdown, turned, words, type Table } from '../table.js';
import type { Topic } from '../topic.js';
import { STAGE_LABELS, formatShare, formatTime } from '../words.js';

const EXPLANATION = 'Mean of each warm call. Every nanosecond belongs to one stage, so the sum is the call.';

/** More variants than this are rows, not columns. */
const MAX_COLUMNS = 6;

/** Stages × variants, with the sum that closes. */
export const LEDGER: Topic = {
  id: 'ledger',
  title: 'Stage ledger',
  shown: ({ analysis }) => analysis.variants.some(isMeasured),
  html: ({ analysis }) =>
    html`<p class="muted">${EXPLANATION}</p>
      ${tableHtml(ledgerOf(analysis))}`,
  markdown: ({ analysis }) => `${EXPLANATION}\n\n${tableMarkdown(ledgerOf(analysis))}`,
};

function ledgerOf(analysis: Analysis): Table {
  const variants = analysis.variants.filter(isMeasured);
  const table: Table = {
    columns: [words('Stage'), ...variants.map(({ key }) => figureColumn(key))],
    rows: stagesOf(variants).map((stage) => [
      { text: STAGE_LABELS[stage], stage },
      ...variants.map(({ stages }) => ({ text: formatTime(stages[stage].nanosPerCall), beside: formatShare(stages[stage].share) })),
    ]),
    // The sum of the stages and, measured apart from them, the call.
    sums: [
      ['Sum', ...variants.map((variant) => formatTime(sumOfStages(variant)))],
      ['Mean warm call', ...variants.map(({ latencyNanos }) => formatTime(latencyNanos.mean))],
    ],
  };
  return variants.length > MAX_COLUMNS ? turned(table, 'Variant') : table;
}
