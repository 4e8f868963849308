import type { Analysis } from '../../model/analysis.js';
import { isCreation } from '../../model/variant.js';
import { html } from '../html.js';
import { code, figureColumn, tableHtml, tableMarkdown, words, type Table } from '../table.js';
import type { Topic } from '../topic.js';
import { STAGE_LABELS, coldReason, formatCount, formatTime, formatTimes } from '../words.js';

const MAX_CALLS = 100;
const STAGES_OF_BUILDING = ['data-adapter', 'graph-building', 'kernel-execution'] as const;

/** Cold calls with what made them so and what they built. */
export const COLD_CALLS: Topic = {
  id: 'cold-calls',
  title: 'Cold calls',
  html: ({ analysis }) => {
    const { table, more } = coldCalls(analysis);
    return table === null
      ? html`<p class="muted">${more}</p>`
      : html`${tableHtml(table)}${more === '' ? '' : html`<p class="muted">${more}</p>`}`;
  },
  markdown: ({ analysis }) => {
    const { table, more } = coldCalls(analysis);
    return [table === null ? '' : tableMarkdown(table), more].filter((block) => block !== '').join('\n\n');
  },
};

function coldCalls({ variants }: Analysis): { readonly table: Table | null; readonly more: string } {
  const calls = variants.flatMap((variant) => variant.cold.map((cold) => ({ variant, cold })));
  if (calls.length === 0) return { table: null, more: 'No cold call was recorded.' };
  const rows = calls
    .slice(0, MAX_CALLS)
    .map(({ variant: { key, name, call, latencyNanos }, cold }) => [
      key,
      { text: isCreation({ name, call }) ? 'a session was created' : coldReason(cold), beside: cold.causes.join(', ') },
      cold.signature,
      formatTime(cold.latencyNanos),
      latencyNanos.p50 > 0 ? formatTimes(cold.latencyNanos / latencyNanos.p50) : '–',
      ...STAGES_OF_BUILDING.map((stage) => formatTime(cold.stages[stage].nanosPerCall)),
    ]);
  const columns = [
    words('Variant'),
    words('Cold because'),
    code('Input'),
    figureColumn('latency'),
    figureColumn('× warm median'),
    ...STAGES_OF_BUILDING.map((stage) => figureColumn(STAGE_LABELS[stage])),
  ];
  const left = calls.length - rows.length;
  return { table: { columns, rows }, more: left > 0 ? `${formatCount(left)} more cold calls are in report.json.` : '' };
}
