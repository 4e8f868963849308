import type { ColdCall, KernelFigure, VariantAnalysis } from '../../model/analysis.js';
import { STAGES } from '../../model/stage.js';
import { html, type Html } from '../html.js';
import { STAGE_LABELS, coldReason, formatCount, formatShare, formatTime, stageTitle } from '../words.js';

/** Operations the table shows at most; report.json has them all. */
const MAX_KERNELS = 250;

/** Stages × variants, with the sum that closes. */
export function renderLedger(variants: readonly VariantAnalysis[]): Html {
  const sum = (v: VariantAnalysis): number => STAGES.reduce((total, stage) => total + v.stages[stage].nanosPerCall, 0);
  return html`<div class="scroll">
    <table>
      <thead>
        <tr>
          <th scope="col">Stage</th>
          ${variants.map((v) => html`<th scope="col" class="num">${v.key}</th>`)}
        </tr>
      </thead>
      <tbody>
        ${STAGES.map(
          (stage) =>
            html`<tr>
              <th scope="row" title="${stageTitle(stage)}"><i class="swatch s-${stage}"></i>${STAGE_LABELS[stage]}</th>
              ${variants.map((v) => html`<td class="num">${formatTime(v.stages[stage].nanosPerCall)} <small>${formatShare(v.stages[stage].share)}</small></td>`)}
            </tr>`,
        )}
      </tbody>
      <tfoot>
        <tr>
          <th scope="row">Sum</th>
          ${variants.map((v) => html`<td class="num">${formatTime(sum(v))}</td>`)}
        </tr>
        <tr>
          <th scope="row">Mean warm call</th>
          ${variants.map((v) => html`<td class="num">${formatTime(v.latencyNanos.mean)}</td>`)}
        </tr>
      </tfoot>
    </table>
  </div>`;
}

interface KernelRow {
  readonly op: string;
  readonly shapes: Set<string>;
  readonly layers: Set<string>;
  readonly fused: Set<string>;
  readonly perVariant: Map<string, KernelFigure>;
  readonly most: number;
}

/** One row an operation, one column a variant; the page's script sorts and filters it. */
export function renderKernels(variants: readonly VariantAnalysis[]): Html {
  const rows = kernelRows(variants);
  if (rows.length === 0) return html`<p class="muted">No kernel was seen in these calls.</p>`;
  const more =
    rows.length > MAX_KERNELS
      ? html`<p class="muted">${rows.length - MAX_KERNELS} lighter operations are left out here; report.json has them.</p>`
      : '';
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
    ${more}
    <p class="muted">Self time per call; × is how often the operation ran in a call (mean).${marshalling(variants)}</p>`;
}

/** The sums of the eager operations, said once below the table. */
function marshalling(variants: readonly VariantAnalysis[]): Html | string {
  const sums = variants.flatMap(({ key, kernels }) => {
    const timed = kernels.filter(({ nativeNanosPerCall }) => nativeNanosPerCall !== null);
    const all = timed.reduce((sum, { nanosPerCall }) => sum + nanosPerCall, 0);
    const inside = timed.reduce((sum, { nativeNanosPerCall }) => sum + (nativeNanosPerCall ?? 0), 0);
    return all === 0
      ? []
      : [
          `${key}: ${formatTime(all)} per call in these operations, ${formatTime(inside)} native, ${formatTime(all - inside)} (${formatShare(1 - inside / all)}) marshalling`,
        ];
  });
  return sums.length === 0
    ? ''
    : html` “Native” is what TensorFlow itself took, timed in sampled calls; the rest is marshalling, the binding’s conversions between
      JavaScript and TensorFlow. ${sums.join('; ')}.`;
}

function kernelRow(row: KernelRow, variants: readonly VariantAnalysis[]): Html {
  const cells = variants.map((v) => {
    const figure = row.perVariant.get(v.key);
    if (figure === undefined) return html`<td class="num muted" data-value="0">–</td>`;
    return html`<td class="num" data-value="${figure.nanosPerCall}">
      ${formatTime(figure.nanosPerCall)} <small>${formatShare(figure.share)} · ${formatCount(figure.count)}×${native(figure)}</small>
    </td>`;
  });
  return html`<tr>
    <th scope="row">
      <code data-op>${row.op}</code>${row.fused.size === 0 ? '' : html`<br /><small>holds ${[...row.fused].join(' + ')}</small>`}
    </th>
    ${cells}
    <td class="wide"><small>${few([...row.shapes])}</small></td>
    <td class="wide"><small>${few([...row.layers])}</small></td>
  </tr>`;
}

/** What TensorFlow itself took, where it was timed apart from the binding's conversions. */
const native = ({ nativeNanosPerCall }: KernelFigure): Html | string =>
  nativeNanosPerCall === null ? '' : html`<br />${formatTime(nativeNanosPerCall)} native`;

const few = (words: readonly string[]): string =>
  words.length <= 4 ? words.join(' ') : `${words.slice(0, 4).join(' ')} and ${words.length - 4} more`;

function kernelRows(variants: readonly VariantAnalysis[]): readonly KernelRow[] {
  const rows = new Map<string, KernelRow>();
  for (const variant of variants) {
    for (const kernel of variant.kernels) {
      const row = rows.get(kernel.op) ?? {
        op: kernel.op,
        shapes: new Set(),
        layers: new Set(),
        fused: new Set(),
        perVariant: new Map(),
        most: 0,
      };
      for (const shape of kernel.shapes) row.shapes.add(shape);
      for (const op of kernel.fused) row.fused.add(op);
      for (const layer of kernel.layers) row.layers.add(layer);
      row.perVariant.set(variant.key, kernel);
      rows.set(kernel.op, { ...row, most: Math.max(row.most, kernel.nanosPerCall) });
    }
  }
  return [...rows.values()].sort((a, b) => b.most - a.most);
}

/** Cold calls, one row each, with what they built. */
export function renderCold(variants: readonly VariantAnalysis[]): Html {
  const calls = variants.flatMap((variant) => variant.cold.map((cold) => ({ variant, cold })));
  if (calls.length === 0) return html`<p class="muted">No cold call was recorded.</p>`;
  return html`<div class="scroll">
    <table>
      <thead>
        <tr>
          <th scope="col">Variant</th>
          <th scope="col">Cold because</th>
          <th scope="col">Input</th>
          <th scope="col" class="num">latency</th>
          <th scope="col" class="num">× warm median</th>
          <th scope="col" class="num">data adapter</th>
          <th scope="col" class="num">graph building</th>
          <th scope="col" class="num">kernel execution</th>
        </tr>
      </thead>
      <tbody>
        ${calls.map(({ variant, cold }) => coldRow(variant, cold))}
      </tbody>
    </table>
  </div>`;
}

function coldRow(variant: VariantAnalysis, cold: ColdCall): Html {
  const times =
    variant.latencyNanos.p50 > 0 ? `${formatCount(Number((cold.latencyNanos / variant.latencyNanos.p50).toPrecision(3)))}×` : '–';
  return html`<tr>
    <th scope="row">${variant.key}</th>
    <td>${coldReason(cold)}${cold.causes.length > 0 ? html` <small>${cold.causes.join(', ')}</small>` : ''}</td>
    <td><code>${cold.signature}</code></td>
    <td class="num">${formatTime(cold.latencyNanos)}</td>
    <td class="num">${times}</td>
    ${(['data-adapter', 'graph-building', 'kernel-execution'] as const).map((stage) => html`<td class="num">${formatTime(cold.stages[stage].nanosPerCall)}</td>`)}
  </tr>`;
}
