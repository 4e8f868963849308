import { heaviestStage, ofModel } from '../../analyse/findings/variants.js';
import type { Analysis, ModelFigure, VariantAnalysis } from '../../model/analysis.js';
import { html } from '../html.js';
import { figureColumn, tableHtml, tableMarkdown, words, type Table } from '../table.js';
import { escapeMarkdown } from '../text-table.js';
import type { Topic } from '../topic.js';
import { countOf, formatCount, formatShare, formatTime, STAGE_LABELS } from '../words.js';

/** A part for each model of a program: different models are not variants of each other. */
export const MODELS: Topic = {
  id: 'models',
  nav: 'Models',
  title: 'Models',
  shown: ({ analysis }) => (analysis.models ?? []).length > 1,
  html: ({ analysis }) =>
    html`${factsOf(analysis).map(
      ({ name, says, table }) =>
        html`<h3>${name}</h3>
          <p>${says}</p>
          ${tableHtml(table)}`,
    )}`,
  markdown: ({ analysis }) =>
    factsOf(analysis)
      .map(({ name, says, table }) => `### ${escapeMarkdown(name)}\n\n${escapeMarkdown(says)}\n\n${tableMarkdown(table)}`)
      .join('\n\n'),
};

const factsOf = (analysis: Analysis) =>
  (analysis.models ?? []).map((model) => ({
    name: model.name,
    says: sentenceOf(model),
    table: tableOf(ofModel(analysis, model.id).variants),
  }));

/** `layers-model, 1,234 weights, loaded 30 times, 30 calls.` */
function sentenceOf({ runtime, parameters, loads, calls }: ModelFigure): string {
  const weights = parameters === null ? '' : `, ${formatCount(parameters)} weights`;
  return `${runtime}${weights}, ${loads === 1 ? 'loaded once' : `loaded ${formatCount(loads)} times`}, ${countOf(calls, 'call')}.`;
}

const tableOf = (variants: readonly VariantAnalysis[]): Table => ({
  columns: [words('Call'), figureColumn('warm calls'), figureColumn('first call'), figureColumn('median'), words('most time in')],
  rows: variants.map((variant) => {
    const { key, calls, cold, latencyNanos, stages } = variant;
    const { stage, share } = heaviestStage(stages);
    const warm = calls === 0 ? ['–', 'no warm call'] : [formatTime(latencyNanos.p50), `${STAGE_LABELS[stage]} ${formatShare(share)}`];
    return [key, formatCount(calls), cold[0] === undefined ? '–' : formatTime(cold[0].latencyNanos), ...warm];
  }),
});
