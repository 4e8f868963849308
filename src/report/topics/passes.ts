import { html } from '../html.js';
import { code, figureColumn, tableHtml, tableMarkdown, type Table } from '../table.js';
import { escapeMarkdown } from '../text-table.js';
import type { Topic } from '../topic.js';
import { formatChange, formatCount, formatTime } from '../words.js';
import type { CountedPass, OptimiserPass, SessionStep } from '../../model/run-facts.js';

/** What the graph optimiser did before the first run of a SavedModel, or what making an ONNX Runtime session is made of. */
export const PASSES: Topic = {
  id: 'passes',
  title: 'Graph optimisation',
  shown: ({ analysis }) => analysis.passes !== undefined,
  html: ({ analysis: { passes = [] } }) =>
    html`<p class="muted">${explanation(passes)}</p>
      ${tableHtml(tableOf(passes))}`,
  markdown: ({ analysis: { passes = [] } }) => `${escapeMarkdown(explanation(passes))}\n\n${tableMarkdown(tableOf(passes))}`,
};

const isStep = (pass: OptimiserPass): pass is SessionStep => 'step' in pass;
const isCounted = (pass: OptimiserPass): pass is CountedPass => 'nodeChange' in pass;

const totalOf = (passes: readonly OptimiserPass[]): string => formatTime(passes.reduce((sum, { nanos }) => sum + nanos, 0));

function explanation(passes: readonly OptimiserPass[]): string {
  const steps = passes.filter(isStep);
  return steps.length > 0 ? creation(steps) : optimiser(passes);
}

const optimiser = (passes: readonly OptimiserPass[]): string =>
  `Passes of TensorFlow’s graph optimiser (Grappler) before the first run, ${totalOf(passes)} in all; ` +
  'a cold call’s graph building also places nodes and makes the executor. TensorFlow tells only its log of them, so they were seen in a process of its own.';

function creation(steps: readonly SessionStep[]): string {
  const took = (step: SessionStep['step']): string => totalOf(steps.filter((each) => each.step === step));
  return (
    `Making a session takes ${totalOf(steps)}: ${took('load')} to load the model, ${took('pass')} in passes of the graph optimiser, ` +
    `${took('pack-and-plan')} to pack weights and plan memory. ONNX Runtime tells only its log of that, so it was seen in a process of its own, which the log slows a little.`
  );
}

function tableOf(passes: readonly OptimiserPass[]): Table {
  const steps = passes.filter(isStep);
  if (steps.length > 0)
    return {
      columns: [code('Step'), figureColumn('runs'), figureColumn('time'), figureColumn('changed the graph')],
      rows: steps.map(({ name, runs, nanos, step, changedRuns }) => [
        name,
        formatCount(runs),
        formatTime(nanos),
        step !== 'pass' || changedRuns === 0 ? '–' : formatCount(changedRuns),
      ]),
    };
  return {
    columns: [code('Pass'), figureColumn('runs'), figureColumn('time'), figureColumn('nodes'), figureColumn('left after it')],
    rows: passes
      .filter(isCounted)
      .map(({ name, runs, nanos, nodeChange, nodesAfter }) => [
        name,
        formatCount(runs),
        formatTime(nanos),
        nodeChange === 0 ? '–' : formatChange(nodeChange, formatCount),
        formatCount(nodesAfter),
      ]),
  };
}
