import { mostTelling } from '../../analyse/findings/variants.js';
import type { Analysis, VariantAnalysis } from '../../model/analysis.js';
import { changedCounts, operationShifts, type OperationShift, type OperationSide } from '../../model/operations.js';
import { html } from '../html.js';
import { code, figureColumn, tableHtml, tableMarkdown, type Table } from '../table.js';
import { escapeMarkdown } from '../text-table.js';
import type { Topic } from '../topic.js';
import { formatChange, formatCount, formatTime } from '../words.js';

const MAX_OPERATIONS = 12;
const MAX_COMPARISONS = 2;
const EXPLANATION =
  'Operations by what they compute, per call: a fused kernel counts as its main operation. What a call takes beside them (dispatch, conversions, JavaScript) is in the last kind of row.';

/** The same work on both sides, whatever it is called there, of the most telling comparisons. */
export const OPERATIONS: Topic = {
  id: 'operations',
  nav: 'Operations',
  title: 'Operation by operation',
  shown: ({ analysis }) => tablesOf(analysis).length > 0,
  html: ({ analysis }) =>
    html`<p class="muted">${EXPLANATION}</p>
      ${tablesOf(analysis).map(
        ({ heading, table, counts }) =>
          html`<h3>${heading}</h3>
            ${tableHtml(table)}
            <p class="muted">${counts}</p>`,
      )}`,
  markdown: ({ analysis }) =>
    [
      EXPLANATION,
      ...tablesOf(analysis).map(
        ({ heading, table, counts }) => `### ${escapeMarkdown(heading)}\n\n${tableMarkdown(table)}\n\n${escapeMarkdown(counts)}`,
      ),
    ].join('\n\n'),
};

interface OperationTable {
  readonly heading: string;
  readonly table: Table;
  readonly counts: string;
}

/** The comparisons whose sides both know their operations. */
function tablesOf(analysis: Analysis): readonly OperationTable[] {
  const variant = (key: string): VariantAnalysis | undefined => analysis.variants.find((one) => one.key === key && one.kernels.length > 0);
  return mostTelling(analysis)
    .flatMap(({ baseline, candidate }) => {
      const [before, after] = [variant(baseline), variant(candidate)];
      return before === undefined || after === undefined ? [] : [tableOf(before, after)];
    })
    .slice(0, MAX_COMPARISONS);
}

function tableOf(before: VariantAnalysis, after: VariantAnalysis): OperationTable {
  const shifts = operationShifts(before, after);
  return {
    heading: `${before.key} → ${after.key}`,
    table: {
      columns: [code('Operation'), ...['× before', '× after', 'before', 'after', 'change per call'].map(figureColumn)],
      rows: shifts.slice(0, MAX_OPERATIONS).map(cells),
    },
    counts: countsSentence(shifts),
  };
}

/** Runs and time per call on both sides. */
function cells({ operation, before, after }: OperationShift): readonly string[] {
  const runs = ({ count }: OperationSide): string => (count === 0 ? '–' : formatCount(count));
  const time = ({ count, nanosPerCall }: OperationSide): string => (count === 0 ? '–' : formatTime(nanosPerCall));
  return [
    operation,
    runs(before),
    runs(after),
    time(before),
    time(after),
    formatChange(after.nanosPerCall - before.nanosPerCall, formatTime),
  ];
}

/** What runs on one side only, or more often there: `gone: Pack 15 → 9`. */
function countsSentence(shifts: readonly OperationShift[]): string {
  const changed = changedCounts(shifts);
  const named = (of: (shift: OperationShift) => boolean): string =>
    changed
      .filter(of)
      .map(({ operation }) => operation)
      .join(', ');
  const parts = [
    ['gone', named(({ after }) => after.count === 0)],
    ['added', named(({ before }) => before.count === 0)],
    ['run more or less often', named(({ before, after }) => before.count > 0 && after.count > 0)],
  ].filter(([, names]) => names !== '');
  return parts.length === 0
    ? 'Both sides run the same operations equally often.'
    : `${parts.map(([what, names]) => `${what ?? ''}: ${names ?? ''}`).join('; ')}.`;
}
