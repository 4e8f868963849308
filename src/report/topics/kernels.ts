import { kernelRows, marshallingOf, slowerTraced, type KernelRow } from '../../analyse/findings/kernels.js';
import type { KernelFigure, VariantAnalysis } from '../../model/analysis.js';
import { isCreation } from '../../model/variant.js';
import { html, type Html } from '../html.js';
import { code, figureColumn, small, tableMarkdown, type Cell } from '../table.js';
import { escapeMarkdown } from '../text-table.js';
import { efficiencyWords } from './cpu.js';
import type { Topic } from '../topic.js';
import { formatCount, formatShare, formatTime } from '../words.js';

/** Operations the table shows at most; report.json has them all. */
const MAX_KERNELS = 250;

/** One row per operation, one column per variant; on the page its script sorts and filters them. */
export const KERNELS: Topic = {
  id: 'kernels-section',
  nav: 'Kernels',
  title: 'Kernels',
  // Making a session runs no kernels of the model's.
  html: ({ analysis }) => kernelsHtml(analysis.variants.filter((variant) => !isCreation(variant))),
  markdown: ({ analysis }) => kernelsMarkdown(analysis.variants.filter((variant) => !isCreation(variant))),
};

const NONE = 'No kernel was seen in these calls.';

const leftOut = (rows: number): string =>
  rows > MAX_KERNELS ? `${formatCount(rows - MAX_KERNELS)} lighter operations are left out here; report.json has them.` : '';

const legend = (variants: readonly VariantAnalysis[]): string =>
  `Self time per call; × is how often the operation ran in a call (mean).${marshallingWords(variants)}${slowerWords(variants)}${parallel(variants)}`;

const slowerWords = (variants: readonly VariantAnalysis[]): string =>
  slowerTraced(variants)
    .map(
      ({ key, kernelNanos, stageNanos }) =>
        ` ${key}: timed in traced calls, which were slower than the others: they add up to ${formatTime(kernelNanos)}, where the stage takes ${formatTime(stageNanos)}.`,
    )
    .join('');

/** How well the threads of a call work together, which its kernels share. */
function parallel(variants: readonly VariantAnalysis[]): string {
  const told = variants.flatMap((variant) => {
    const words = efficiencyWords(variant);
    return words === undefined ? [] : [`${variant.key} ${words}`];
  });
  return told.length === 0 ? '' : ` ${told.join('; ')}.`;
}

/** What a cell says of an operation in a variant. */
const factsOf = ({ nanosPerCall, share, count, nativeNanosPerCall }: KernelFigure) => ({
  time: formatTime(nanosPerCall),
  share: `${formatShare(share)} · ${formatCount(count)}×`,
  // What TensorFlow itself took, where it was timed apart from the binding's conversions.
  native: nativeNanosPerCall === null ? '' : `${formatTime(nativeNanosPerCall)} native`,
});

const fusedWords = ({ fused }: KernelRow): string => (fused.length === 0 ? '' : `holds ${fused.join(' + ')}`);

function kernelsMarkdown(variants: readonly VariantAnalysis[]): string {
  const rows = kernelRows(variants);
  if (rows.length === 0) return NONE;
  const cell = (kernel: KernelFigure | undefined): Cell => {
    if (kernel === undefined) return '–';
    const { time, share, native } = factsOf(kernel);
    return { text: time, beside: native === '' ? share : `${share}, ${native}` };
  };
  const table = tableMarkdown({
    columns: [code('Operation'), ...variants.map(({ key }) => figureColumn(key)), small('Shapes'), small('Layers')],
    rows: rows
      .slice(0, MAX_KERNELS)
      .map((row) => [
        { text: row.op, beside: fusedWords(row) },
        ...variants.map(({ key }) => cell(row.perVariant.get(key))),
        few(row.shapes),
        few(row.layers),
      ]),
  });
  return [table, leftOut(rows.length), escapeMarkdown(legend(variants))].filter((block) => block !== '').join('\n\n');
}

function kernelsHtml(variants: readonly VariantAnalysis[]): Html {
  const rows = kernelRows(variants);
  if (rows.length === 0) return html`<p class="muted">${NONE}</p>`;
  const more = leftOut(rows.length);
  return html`<p>
      <label
        >Filter
        <input
          type="search"
          data-filter="kernels"
          placeholder="operation, shape or layer (regular expression)"
          autocomplete="off"
          spellcheck="false"
      /></label>
      <span class="muted" data-filter-count="kernels" role="status"></span>
    </p>
    <div class="scroll tall">
      <table id="kernels" data-sortable>
        <thead>
          <tr>
            <th scope="col" data-sort="text">Operation</th>
            ${variants.map((v) => html`<th scope="col" class="num" data-sort="number">${v.key}</th>`)}
            <th scope="col" data-sort="text">Shapes</th>
            <th scope="col" data-sort="text">Layers</th>
          </tr>
        </thead>
        <tbody>
          ${rows.slice(0, MAX_KERNELS).map((row) => kernelRow(row, variants))}
        </tbody>
      </table>
    </div>
    ${more === '' ? '' : html`<p class="muted">${more}</p>`}
    <p class="muted">${legend(variants)}</p>`;
}

/** The sums of the eager operations, said once below the table. */
function marshallingWords(variants: readonly VariantAnalysis[]): string {
  const sums = marshallingOf(variants).map(
    ({ key, nanos, nativeNanos, marshallingNanos, marshallingShare }) =>
      `${key}: ${formatTime(nanos)} per call in these operations, ${formatTime(nativeNanos)} native, ${formatTime(marshallingNanos)} (${formatShare(marshallingShare)}) marshalling`,
  );
  return sums.length === 0
    ? ''
    : ` “Native” is what TensorFlow itself took, timed in sampled calls; the rest is marshalling, the binding’s conversions between JavaScript and TensorFlow. ${sums.join('; ')}.`;
}

function kernelRow(row: KernelRow, variants: readonly VariantAnalysis[]): Html {
  const cells = variants.map((v) => {
    const kernel = row.perVariant.get(v.key);
    if (kernel === undefined) return html`<td class="num muted" data-value="0">–</td>`;
    const { time, share, native } = factsOf(kernel);
    return html`<td class="num" data-value="${kernel.nanosPerCall}">
      ${time} <small>${share}${native === '' ? '' : html`<br />${native}`}</small>
    </td>`;
  });
  return html`<tr>
    <th scope="row"><code data-op="${row.op}">${row.op}</code>${row.fused.length === 0 ? '' : html`<br /><small>${fusedWords(row)}</small>`}</th>
    ${cells}
    <td class="wide"><small>${few(row.shapes)}</small></td>
    <td class="wide"><small>${few(row.layers)}</small></td>
  </tr>`;
}

const few = (words: readonly string[]): string =>
  words.length <= 4 ? words.join(' ') : `${words.slice(0, 4).join(' ')} and ${words.length - 4} more`;
