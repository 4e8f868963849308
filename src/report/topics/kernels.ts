import { kernelRows, marshallingOf, slowerTraced, type KernelRow } from '../../analyse/findings/kernels.js';
import { firstToShow } from '../../analyse/findings/variants.js';
import type { Analysis, KernelFigure, VariantAnalysis } from '../../model/analysis.js';
import { isCreation } from '../../model/variant.js';
import { html, type Html } from '../html.js';
import { code, figureColumn, headingHtml, small, tableMarkdown, type Cell } from '../table.js';
import { escapeMarkdown } from '../text-table.js';
import { efficiencyWords } from './cpu.js';
import type { Topic } from '../topic.js';
import { countOf, formatCount, formatShare, formatTime } from '../words.js';

/** Operations the table shows at most; report.json has them all. */
const MAX_KERNELS = 250;
/** Variants that fit a page side by side. */
const MAX_VARIANTS = 6;

/** One row per operation, one column per variant; on the page its script sorts and filters them. */
export const KERNELS: Topic = {
  id: 'kernels-section',
  nav: 'Kernels',
  title: 'Kernels',
  html: ({ analysis }) => kernelsHtml(shownOf(analysis)),
  markdown: ({ analysis }) => kernelsMarkdown(shownOf(analysis)),
};

interface Shown {
  readonly variants: readonly VariantAnalysis[];
  /** Variants for which there is no room. */
  readonly left: number;
}

/** Making a session runs no kernels of the model's. */
function shownOf({ variants, comparisons }: Analysis): Shown {
  const all = variants.filter((variant) => !isCreation(variant));
  const shown = all.length > MAX_VARIANTS ? firstToShow({ variants: all, comparisons }, MAX_VARIANTS) : all;
  return { variants: shown, left: all.length - shown.length };
}

const NONE = 'No kernel was seen in these calls.';

const leftOut = (rows: number, variants: number): string =>
  [
    rows > MAX_KERNELS ? `${formatCount(rows - MAX_KERNELS)} lighter operations are left out here; report.json has them.` : '',
    variants > 0 ? `${countOf(variants, 'more variant is', 'more variants are')} in report.json.` : '',
  ]
    .filter((sentence) => sentence !== '')
    .join(' ');

/** What the table is, then what is to be known of each variant's figures. */
const legend = (variants: readonly VariantAnalysis[]): readonly string[] => [
  'Self time per call; × is how often the operation ran in a call (mean).',
  ...marshallingWords(variants),
  ...slowerWords(variants),
  ...parallel(variants),
];

const slowerWords = (variants: readonly VariantAnalysis[]): readonly string[] =>
  slowerTraced(variants).map(
    ({ key, kernelNanos, stageNanos }) =>
      `${key}: timed in traced calls, which were slower than the others: they add up to ${formatTime(kernelNanos)}, where the stage takes ${formatTime(stageNanos)}.`,
  );

/** How well the threads of a call work together, which its kernels share. */
const parallel = (variants: readonly VariantAnalysis[]): readonly string[] =>
  variants.flatMap((variant) => {
    const words = efficiencyWords(variant);
    return words === undefined ? [] : [`${variant.key} ${words}.`];
  });

/** What a cell says of an operation in a variant. */
const factsOf = ({ nanosPerCall, share, count, nativeNanosPerCall }: KernelFigure) => ({
  time: formatTime(nanosPerCall),
  share: `${formatShare(share)} · ${formatCount(count)}×`,
  // What TensorFlow itself took, where it was timed apart from the binding's conversions.
  native: nativeNanosPerCall === null ? '' : `${formatTime(nativeNanosPerCall)} native`,
});

const fusedWords = ({ fused }: KernelRow): string => (fused.length === 0 ? '' : `holds ${fused.join(' + ')}`);

function kernelsMarkdown({ variants, left }: Shown): string {
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
  return [table, leftOut(rows.length, left), legend(variants).map(escapeMarkdown).join(' ')].filter((block) => block !== '').join('\n\n');
}

function kernelsHtml({ variants, left }: Shown): Html {
  const rows = kernelRows(variants);
  if (rows.length === 0) return html`<p class="muted">${NONE}</p>`;
  const more = leftOut(rows.length, left);
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
      <table id="kernels" class="dense" data-sortable>
        <thead>
          <tr>
            <th scope="col" data-sort="text">Operation</th>
            ${variants.map((v) => html`<th scope="col" class="num" data-sort="number">${headingHtml(v.key)}</th>`)}
            <th scope="col">Shapes and layers</th>
          </tr>
        </thead>
        <tbody>
          ${rows.slice(0, MAX_KERNELS).map((row) => kernelRow(row, variants))}
        </tbody>
      </table>
    </div>
    ${more === '' ? '' : html`<p class="muted">${more}</p>`}
    ${legend(variants).map((sentence) => html`<p class="muted">${sentence}</p>`)}`;
}

/** The sums of the eager operations. */
function marshallingWords(variants: readonly VariantAnalysis[]): readonly string[] {
  const sums = marshallingOf(variants).map(
    ({ key, nanos, nativeNanos, marshallingNanos, marshallingShare }) =>
      `${key}: ${formatTime(nanos)} per call in these operations, ${formatTime(nativeNanos)} native, ${formatTime(marshallingNanos)} (${formatShare(marshallingShare)}) marshalling.`,
  );
  return sums.length === 0
    ? []
    : [
        '“Native” is what TensorFlow itself took, timed in sampled calls; the rest is marshalling, the binding’s conversions between JavaScript and TensorFlow.',
        ...sums,
      ];
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
    <td class="wide">
      <small>${few(row.shapes)}</small>${row.layers.length === 0 ? '' : html` <small>${few(row.layers)}</small>`}
    </td>
  </tr>`;
}

const few = (words: readonly string[]): string =>
  words.length <= 4 ? words.join(' ') : `${words.slice(0, 4).join(' ')} and ${words.length - 4} more`;
