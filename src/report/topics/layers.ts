import type { Analysis } from '../../model/analysis.js';
import { lineUps, type LayerRow, type LayerSide } from '../../model/layers.js';
import { html } from '../html.js';
import { code, figureColumn, small, tableHtml, tableMarkdown, words, type Table } from '../table.js';
import type { Topic } from '../topic.js';
import { formatRatio, formatTime } from '../words.js';

const MAX_COMPARISONS = 2;
const MAX_ROWS = 60;
const EXPLANATION =
  'Operations have other names once a graph is optimised; the layer they came from is the same. Time per call inside of each layer, dispatch included, and the operations that did its work.';

/** The eager run's operations beside the fused graph's, layer by layer. */
export const LAYERS: Topic = {
  id: 'layers',
  nav: 'Layers',
  title: 'Layer by layer',
  shown: ({ analysis }) => lineUps(analysis.comparisons).length > 0,
  html: ({ analysis }) =>
    html`<p class="muted">${EXPLANATION}</p>
      ${tablesOf(analysis).map(({ table, more }) => html`${tableHtml(table)}${more === '' ? '' : html`<p class="muted">${more}</p>`}`)}`,
  markdown: ({ analysis }) =>
    [EXPLANATION, ...tablesOf(analysis).flatMap(({ table, more }) => [tableMarkdown(table), more])]
      .filter((block) => block !== '')
      .join('\n\n'),
};

const tablesOf = ({ comparisons }: Analysis): readonly { readonly table: Table; readonly more: string }[] =>
  lineUps(comparisons)
    .slice(0, MAX_COMPARISONS)
    .map(({ comparison: { baseline, candidate }, rows }) => ({
      table: {
        columns: [
          code('Layer'),
          figureColumn(baseline),
          small('its operations'),
          figureColumn(candidate),
          small('its operations'),
          words('change'),
        ],
        rows: rows.slice(0, MAX_ROWS).map((row) => [row.layer, ...sideCells(row.baseline), ...sideCells(row.candidate), changeWords(row)]),
      },
      more: rows.length > MAX_ROWS ? `${rows.length - MAX_ROWS} more layers are in report.json.` : '',
    }));

const sideCells = (side: LayerSide): readonly string[] =>
  side.operations.length === 0 ? ['–', ''] : [formatTime(side.nanosPerCall), operationWords(side)];

/** How the layer's time changed; a shift that is not certain says so. */
function changeWords({ baseline, candidate, significant }: LayerRow): string {
  if (baseline.nanosPerCall === 0 || candidate.nanosPerCall === 0) return 'one side only';
  return `${formatRatio(candidate.nanosPerCall / baseline.nanosPerCall)}${significant ? '' : ' (not certain)'}`;
}

/** `MatMul, Add ×2`: the dearest operations of a side. */
function operationWords({ operations }: LayerSide, most = 4): string {
  const words = operations.slice(0, most).map(({ op, count }) => (count >= 1.5 ? `${op} ×${Math.round(count)}` : op));
  return `${words.join(', ')}${operations.length > most ? ` and ${operations.length - most} more` : ''}`;
}
