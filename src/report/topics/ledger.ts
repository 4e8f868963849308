import { isMeasured, stagesOf, sumOfStages } from '../../analyse/findings/variants.js';
import type { VariantAnalysis } from '../../model/analysis.js';
import { html, type Html } from '../html.js';
import { figureColumn, tableMarkdown, words, type Cell } from '../table.js';
import type { Topic } from '../topic.js';
import { STAGE_LABELS, formatShare, formatTime, stageTitle } from '../words.js';

const EXPLANATION = 'Mean of each warm call. Every nanosecond belongs to one stage, so the sum is the call.';

/** Stages × variants, with the sum that closes. */
export const LEDGER: Topic = {
  id: 'ledger',
  title: 'Stage ledger',
  shown: ({ analysis }) => analysis.variants.some(isMeasured),
  html: ({ analysis }) =>
    html`<p class="muted">${EXPLANATION}</p>
      ${ledgerHtml(analysis.variants.filter(isMeasured))}`,
  markdown: ({ analysis }) => `${EXPLANATION}\n\n${ledgerMarkdown(analysis.variants.filter(isMeasured))}`,
};

const stageRows = (variants: readonly VariantAnalysis[]) =>
  stagesOf(variants).map((stage) => ({
    stage,
    figures: variants.map(({ stages }) => ({ text: formatTime(stages[stage].nanosPerCall), beside: formatShare(stages[stage].share) })),
  }));

/** The sum of the stages and, measured apart from them, the call. */
const totals = (variants: readonly VariantAnalysis[]): readonly (readonly [string, readonly string[]])[] => [
  ['Sum', variants.map((variant) => formatTime(sumOfStages(variant)))],
  ['Mean warm call', variants.map(({ latencyNanos }) => formatTime(latencyNanos.mean))],
];

function ledgerMarkdown(variants: readonly VariantAnalysis[]): string {
  const rows: readonly (readonly Cell[])[] = [
    ...stageRows(variants).map(({ stage, figures }) => [STAGE_LABELS[stage], ...figures]),
    ...totals(variants).map(([name, figures]) => [name, ...figures]),
  ];
  return tableMarkdown({ columns: [words('Stage'), ...variants.map(({ key }) => figureColumn(key))], rows });
}

const ledgerHtml = (variants: readonly VariantAnalysis[]): Html =>
  html`<div class="scroll">
    <table>
      <thead>
        <tr>
          <th scope="col">Stage</th>
          ${variants.map(({ key }) => html`<th scope="col" class="num">${key}</th>`)}
        </tr>
      </thead>
      <tbody>
        ${stageRows(variants).map(
          ({ stage, figures }) =>
            html`<tr>
              <th scope="row" title="${stageTitle(stage)}"><i class="swatch s-${stage}"></i>${STAGE_LABELS[stage]}</th>
              ${figures.map(({ text, beside }) => html`<td class="num">${text} <small>${beside}</small></td>`)}
            </tr>`,
        )}
      </tbody>
      <tfoot>
        ${totals(variants).map(
          ([name, figures]) =>
            html`<tr>
              <th scope="row">${name}</th>
              ${figures.map((text) => html`<td class="num">${text}</td>`)}
            </tr>`,
        )}
      </tfoot>
    </table>
  </div>`;
