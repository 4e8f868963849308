import { html } from '../html.js';
import { code, figureColumn, tableHtml, tableMarkdown, type Table } from '../table.js';
import { escapeMarkdown } from '../text-table.js';
import type { Topic } from '../topic.js';
import { formatChange, formatCount, formatTime } from '../words.js';
import type { OptimiserPass } from '../../model/run-facts.js';

/** What the graph optimiser did before the first run of a SavedModel. */
export const PASSES: Topic = {
  id: 'passes',
  title: 'Graph optimisation',
  shown: ({ analysis }) => analysis.passes !== undefined,
  html: ({ analysis: { passes = [] } }) =>
    html`<p class="muted">${explanation(passes)}</p>
      ${tableHtml(tableOf(passes))}`,
  markdown: ({ analysis: { passes = [] } }) => `${escapeMarkdown(explanation(passes))}\n\n${tableMarkdown(tableOf(passes))}`,
};

const explanation = (passes: readonly OptimiserPass[]): string =>
  `Passes of TensorFlow’s graph optimiser (Grappler) before the first run, ${formatTime(passes.reduce((sum, { nanos }) => sum + nanos, 0))} in all; ` +
  'a cold call’s graph building also places nodes and makes the executor. TensorFlow tells only its log of them, so they were seen in a process of its own.';

const tableOf = (passes: readonly OptimiserPass[]): Table => ({
  columns: [code('Pass'), figureColumn('runs'), figureColumn('time'), figureColumn('nodes'), figureColumn('left after it')],
  rows: passes.map(({ name, runs, nanos, nodeChange, nodesAfter }) => [
    name,
    formatCount(runs),
    formatTime(nanos),
    nodeChange === 0 ? '–' : formatChange(nodeChange, formatCount),
    formatCount(nodesAfter),
  ]),
});
