import { roofedVariants, type RoofedVariant, type RoofedWork } from '../../analyse/findings/roofline.js';
import type { Analysis } from '../../model/analysis.js';
import { attainable, type MachinePeak, type Roofline } from '../../model/roofline.js';
import { html, type Html } from '../html.js';
import { code, figureColumn, tableHtml, tableMarkdown, words, type Table } from '../table.js';
import { escapeMarkdown } from '../text-table.js';
import type { SizedHtml, Topic } from '../topic.js';
import { formatBandwidth, formatCount, formatFlops, formatShare, formatTime } from '../words.js';

const WIDTH = 720;
const HEIGHT = 320;
const MARGIN = { left: 78, right: 14, top: 12, bottom: 40 };
/** Rows of the table for each variant; report.json has all. */
const MAX_ROWS = 12;

const CSS = `.roof{width:100%;max-width:900px;display:block}.roof text{font-size:11px;fill:var(--muted)}.roof .grid{stroke:var(--rule);stroke-width:1}.roof .line{fill:none;stroke:var(--ink);stroke-width:2}.roof .dot{stroke:var(--ink);stroke-width:1;fill-opacity:.75}.roof .v0{fill:var(--stage-graph-building)}.roof .v1{fill:var(--stage-kernel-execution)}.roof-key.v0{background:var(--stage-graph-building);border-radius:50%}.roof-key.v1{background:var(--stage-kernel-execution)}`;

/** Each kernel against what the machine reaches at best: drawn, said and listed. */
export const ROOFLINE: Topic = {
  id: 'roofline',
  nav: 'Roofline',
  title: 'Kernels against the machine',
  shown: ({ analysis }) => analysis.peak !== null,
  html: ({ analysis }) => rooflineHtml(analysis),
  markdown: ({ analysis }) => rooflineMarkdown(analysis),
};

const NONE = "No kernel's work could be estimated, or the machine's peak was not measured.";

function rooflineMarkdown(analysis: Analysis): string {
  const { peak } = analysis;
  const variants = roofedVariants(analysis);
  if (peak === null || variants.length === 0) return NONE;
  const parts = variants.map((variant) =>
    [`### ${escapeMarkdown(variant.key)}`, escapeMarkdown(floorSentence(variant)), tableMarkdown(tableOf(variant)), leftOut(variant)]
      .filter((block) => block !== '')
      .join('\n\n'),
  );
  return [escapeMarkdown(peakSentence(peak)), ...parts].join('\n\n');
}

function rooflineHtml(analysis: Analysis): SizedHtml {
  const { peak } = analysis;
  const variants = roofedVariants(analysis);
  if (peak === null || variants.length === 0) return { markup: html`<p class="muted">${NONE}</p>`, css: '' };
  const markup = html`<p>${peakSentence(peak)}</p>
    <ul>
      ${variants.map((variant) => html`<li>${floorSentence(variant)}</li>`)}
    </ul>
    ${chart(variants, peak)}
    <ul class="legend">
      ${variants.map((variant, index) => html`<li><i class="swatch roof-key v${index}"></i>${variant.key}</li>`)}
    </ul>
    <p class="muted">
      Across: operations for each byte that has to move. Up: the rate reached. The line is the roof: memory bounds what lies under its
      slope, arithmetic what lies under its flat part. A larger mark takes more of the call. Work is estimated from shapes, for the
      operations that dominate; data that stays in a cache can lift a kernel above the slope.
    </p>
    ${variants.map(
      (variant) =>
        html`<h3>${variant.key}</h3>
          ${tableHtml(tableOf(variant))}${leftOut(variant) === '' ? '' : html`<p class="muted">${leftOut(variant)}</p>`}`,
    )}`;
  return { markup, css: CSS };
}

interface Scale {
  readonly low: number;
  readonly high: number;
}

/** Whole powers of ten around the values. */
function scaleOf(values: readonly number[]): Scale {
  const logs = values.filter((value) => value > 0).map(Math.log10);
  return { low: Math.floor(Math.min(...logs)), high: Math.max(Math.ceil(Math.max(...logs)), Math.floor(Math.min(...logs)) + 1) };
}

const place = (value: number, { low, high }: Scale, from: number, to: number): number =>
  from + ((Math.log10(value) - low) / (high - low)) * (to - from);

function chart(variants: readonly RoofedVariant[], peak: MachinePeak): Html {
  const points = variants.flatMap((variant, index) =>
    variant.work.filter(({ flopsPerCall }) => flopsPerCall > 0).map((work) => ({ work, index })),
  );
  const ridge = peak.flopsPerSecond / peak.bytesPerSecond;
  const across = scaleOf([...points.map(({ work }) => work.intensity), ridge / 3, ridge * 3]);
  const up = scaleOf([...points.map(({ work }) => work.roofline.flopsPerSecond), peak.flopsPerSecond]);
  const x = (value: number): string => place(value, across, MARGIN.left, WIDTH - MARGIN.right).toFixed(1);
  const y = (value: number): string => place(value, up, HEIGHT - MARGIN.bottom, MARGIN.top).toFixed(1);
  const bottom = 10 ** up.low;
  // The slope begins at the left edge, or where it comes into view.
  const left = Math.max(10 ** across.low, bottom / peak.bytesPerSecond);
  const roof = [left, ridge, 10 ** across.high].map((value) => `${x(value)},${y(Math.max(bottom, attainable(value, peak)))}`).join(' ');
  const marks = points.map(({ work, index }) =>
    mark(work, index, { x: x(work.intensity), y: y(Math.max(bottom, work.roofline.flopsPerSecond)) }),
  );
  return html`<svg
    class="roof"
    viewBox="0 0 ${WIDTH} ${HEIGHT}"
    role="img"
    aria-label="Roofline: ${points.length} kernels against a peak of ${formatFlops(peak.flopsPerSecond)} and ${formatBandwidth(peak.bytesPerSecond)}"
  >
    ${powers(across).map((power) => html`<line class="grid" x1="${x(10 ** power)}" x2="${x(10 ** power)}" y1="${MARGIN.top}" y2="${HEIGHT - MARGIN.bottom}" /><text x="${x(10 ** power)}" y="${HEIGHT - MARGIN.bottom + 15}" text-anchor="middle">${plain(power)}</text>`)}
    ${powers(up).map((power) => html`<line class="grid" x1="${MARGIN.left}" x2="${WIDTH - MARGIN.right}" y1="${y(10 ** power)}" y2="${y(10 ** power)}" /><text x="${MARGIN.left - 6}" y="${Number(y(10 ** power)) + 4}" text-anchor="end">${formatFlops(10 ** power)}</text>`)}
    <text x="${(WIDTH + MARGIN.left) / 2}" y="${HEIGHT - 6}" text-anchor="middle">operations per byte</text>
    <polyline class="line" points="${roof}" />
    ${marks}
  </svg>`;
}

const powers = ({ low, high }: Scale): readonly number[] => Array.from({ length: high - low + 1 }, (_, step) => low + step);
const plain = (power: number): string => (power >= 0 ? formatCount(10 ** power) : (10 ** power).toFixed(-power));

function mark(work: RoofedWork, index: number, at: { readonly x: string; readonly y: string }): Html {
  const radius = 3 + 14 * Math.sqrt(Math.min(1, work.callShare));
  const title = `${work.layer === null ? '' : `${work.layer}: `}${work.op}, ${formatTime(work.nanosPerCall)} per call, ${formatFlops(work.roofline.flopsPerSecond)}, ${formatReached(work.roofline)} of the ${work.roofline.bound} peak`;
  // Round or square, so that the variants are told apart without colour.
  if (index === 0) return html`<circle class="dot v0" cx="${at.x}" cy="${at.y}" r="${radius.toFixed(1)}"><title>${title}</title></circle>`;
  return html`<rect
    class="dot v1"
    x="${(Number(at.x) - radius * 0.9).toFixed(1)}"
    y="${(Number(at.y) - radius * 0.9).toFixed(1)}"
    width="${(1.8 * radius).toFixed(1)}"
    height="${(1.8 * radius).toFixed(1)}"
    ><title>${title}</title></rect
  >`;
}

function tableOf({ work }: RoofedVariant): Table {
  const columns = [
    code('Operation'),
    words('Layer'),
    ...['time per call', 'runs', 'arithmetic', 'memory'].map(figureColumn),
    words('bound by'),
    figureColumn('of the peak'),
  ];
  const rows = work
    .slice(0, MAX_ROWS)
    .map(({ op, layer, nanosPerCall, count, roofline }) => [
      op,
      layer ?? '',
      formatTime(nanosPerCall),
      formatCount(count),
      formatFlops(roofline.flopsPerSecond),
      formatBandwidth(roofline.bytesPerSecond),
      roofline.bound,
      formatReached(roofline),
    ]);
  return { columns, rows };
}

function leftOut({ work }: RoofedVariant): string {
  const left = work.length - MAX_ROWS;
  return left > 0 ? `${formatCount(left)} lighter ones are left out here; report.json has them.` : '';
}

const peakSentence = ({ flopsPerSecond, bytesPerSecond }: MachinePeak): string =>
  `This machine's measured peak: ${formatFlops(flopsPerSecond)} (products of 1024 × 1024 matrices, with the threads that the model had) and ${formatBandwidth(bytesPerSecond)} (sums and copies of 64 MB).`;

/** Beyond the peak: data stayed in a cache, or the machine was busier when its peak was measured; how far says nothing. */
const formatReached = ({ reached, bound }: Roofline): string =>
  reached <= 1 ? formatShare(reached) : bound === 'memory' ? 'all (cached)' : 'all';

/** What would be left of a variant's kernels at the peak, in one sentence. */
function floorSentence({ key, nanos, peakNanos, gainNanos, callNanos, ofCall }: RoofedVariant): string {
  const share =
    ofCall === null
      ? `in traced calls, more than a mean measured call (${formatTime(callNanos)}): the traced calls were slower`
      : `of a call of ${formatTime(callNanos)} (${formatShare(ofCall.share)})`;
  return (
    `${key}: kernels with an estimate take ${formatTime(nanos)} ${share}; ` +
    `at the peak they would take ${formatTime(peakNanos)}. No software on this machine does the same operations in less; faster kernels can still gain ${formatTime(gainNanos)}, ` +
    (ofCall === null ? 'what everything around them can gain is unknown.' : `everything around them ${formatTime(ofCall.aroundNanos)}.`)
  );
}
