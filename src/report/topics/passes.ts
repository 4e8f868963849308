import { optimisationOf, type Optimisation } from '../../analyse/findings/passes.js';
import { html } from '../html.js';
import { code, figureColumn, tableHtml, tableMarkdown, type Table } from '../table.js';
import { escapeMarkdown } from '../text-table.js';
import type { Topic } from '../topic.js';
import { formatChange, formatCount, formatTime } from '../words.js';

/** What the graph optimiser did before the first run of a SavedModel, or what making an ONNX Runtime session is made of. */
export const PASSES: Topic = {
  id: 'passes',
  title: 'Graph optimisation',
  shown: ({ analysis }) => analysis.passes !== undefined,
  html: ({ analysis: { passes = [] } }) => {
    const { explanation, table } = factsOf(optimisationOf(passes));
    return html`<p class="muted">${explanation}</p>
      ${tableHtml(table)}`;
  },
  markdown: ({ analysis: { passes = [] } }) => {
    const { explanation, table } = factsOf(optimisationOf(passes));
    return `${escapeMarkdown(explanation)}\n\n${tableMarkdown(table)}`;
  },
};

const factsOf = (optimisation: Optimisation): { readonly explanation: string; readonly table: Table } =>
  optimisation.kind === 'session'
    ? { explanation: creation(optimisation), table: stepTable(optimisation) }
    : { explanation: optimiser(optimisation), table: passTable(optimisation) };

type Creation = Extract<Optimisation, { kind: 'session' }>;
type Passes = Extract<Optimisation, { kind: 'passes' }>;

const optimiser = ({ nanos }: Passes): string =>
  `Passes of TensorFlow’s graph optimiser (Grappler) before the first run, ${formatTime(nanos)} in all; ` +
  'a cold call’s graph building also places nodes and makes the executor. TensorFlow tells only its log of them, so they were seen in a process of its own.';

const creation = ({ nanos, stepNanos }: Creation): string =>
  `Making a session takes ${formatTime(nanos)}: ${formatTime(stepNanos.load)} to load the model, ${formatTime(stepNanos.pass)} in passes of the graph optimiser, ` +
  `${formatTime(stepNanos['pack-and-plan'])} to pack weights and plan memory. ONNX Runtime tells only its log of that, so it was seen in a process of its own, which the log slows a little.`;

const stepTable = ({ steps }: Creation): Table => ({
  columns: [code('Step'), figureColumn('runs'), figureColumn('time'), figureColumn('changed the graph')],
  rows: steps.map(({ name, runs, nanos, step, changedRuns }) => [
    name,
    formatCount(runs),
    formatTime(nanos),
    step !== 'pass' || changedRuns === 0 ? '–' : formatCount(changedRuns),
  ]),
});

const passTable = ({ passes }: Passes): Table => ({
  columns: [code('Pass'), figureColumn('runs'), figureColumn('time'), figureColumn('nodes'), figureColumn('left after it')],
  rows: passes.map(({ name, runs, nanos, nodeChange, nodesAfter }) => [
    name,
    formatCount(runs),
    formatTime(nanos),
    nodeChange === 0 ? '–' : formatChange(nodeChange, formatCount),
    formatCount(nodesAfter),
  ]),
});
