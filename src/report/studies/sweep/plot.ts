import type { Sweep, SweptVariant } from '../../../model/sweep.js';
import { html, type Html } from '../../html.js';
import { formatCount, formatTime } from '../../words.js';

const WIDTH = 720;
const HEIGHT = 380;
const LEFT = 74;
const RIGHT = 16;
const TOP = 14;
const BOTTOM = 42;
const STEPS = 48;

/** Rules of the drawing, for the page's style sheet: five colours, told apart by dashes as well. */
export const PLOT_CSS =
  '.sweep{width:100%;max-width:760px;height:auto}.sweep text{font-size:12px;fill:var(--muted)}.sweep .axis{stroke:var(--rule)}.sweep .line{fill:none;stroke-width:2}.sweep .cross{stroke:var(--muted);stroke-dasharray:2 3}' +
  ['var(--accent)', 'var(--slower)', 'var(--stage-kernel-execution)', 'var(--stage-fetch)', 'var(--muted)']
    .map(
      (colour, index) =>
        `.sweep .v${index}{stroke:${colour}}.sweep circle.v${index}{fill:${colour};stroke:none}.key-v${index}{background:${colour}}.sweep .line.v${index}{stroke-dasharray:${['none', '7 3', '2 3', '9 3 2 3', '4 4'][index] ?? 'none'}}`,
    )
    .join('');

/** Measured points and fitted lines of each variant, both axes logarithmic, crossovers as upright lines. */
export function drawSweep({ variants, items, crossovers, model }: Sweep): Html {
  const all = variants.flatMap(({ points }) => points.map(({ nanos }) => nanos)).filter((nanos) => nanos > 0);
  if (all.length === 0) return html`<p class="muted">No call was measured.</p>`;
  const x = logScale(Math.min(...items), Math.max(...items), LEFT, WIDTH - RIGHT);
  const y = logScale(Math.min(...all) / 1.15, Math.max(...all) * 1.15, HEIGHT - BOTTOM, TOP);
  const upright = crossovers.flatMap(({ at }) => (at.kind === 'crossover' ? [at.size.value] : []));
  return html`<svg class="sweep" viewBox="0 0 ${WIDTH} ${HEIGHT}" role="img" aria-label="Latency of ${model} over size, ${variants.length} variants">
${items.map((size) => html`<line class="axis" x1="${x(size)}" x2="${x(size)}" y1="${TOP}" y2="${HEIGHT - BOTTOM}"/><text x="${x(size)}" y="${HEIGHT - BOTTOM + 18}" text-anchor="middle">${formatCount(size)}</text>`)}
${decades(Math.min(...all) / 1.15, Math.max(...all) * 1.15).map((nanos) => html`<line class="axis" x1="${LEFT}" x2="${WIDTH - RIGHT}" y1="${y(nanos)}" y2="${y(nanos)}"/><text x="${LEFT - 8}" y="${Number(y(nanos)) + 4}" text-anchor="end">${formatTime(nanos)}</text>`)}
${upright.map((size) => html`<line class="cross" x1="${x(size)}" x2="${x(size)}" y1="${TOP}" y2="${HEIGHT - BOTTOM}"/>`)}
${variants.map((variant, index) => curve(variant, index, items, x, y))}</svg>
<ul class="legend">${variants.map(({ key, result }, index) => html`<li><i class="swatch key-v${index % 5}"></i>${key}${result.kind === 'refused' ? ' (no line fits)' : ''}</li>`)}</ul>`;
}

type Scale = (value: number) => string;

function curve({ points, result }: SweptVariant, index: number, items: readonly number[], x: Scale, y: Scale): Html {
  const dots = points.map(({ size, nanos }) => html`<circle class="v${index % 5}" cx="${x(size)}" cy="${y(nanos)}" r="3"/>`);
  if (result.kind === 'refused') return html`${dots}`;
  const { fixedNanos, perItemNanos } = result.fit;
  const [from, to] = [Math.min(...items), Math.max(...items)];
  const path = Array.from({ length: STEPS + 1 }, (_, step) => from * (to / from) ** (step / STEPS))
    .map((size) => ({ size, nanos: fixedNanos.value + perItemNanos.value * size }))
    .filter(({ nanos }) => nanos > 0)
    .map(({ size, nanos }, step) => `${step === 0 ? 'M' : 'L'}${x(size)} ${y(nanos)}`)
    .join('');
  return html`<path class="line v${index % 5}" d="${path}"/>${dots}`;
}

function logScale(low: number, high: number, start: number, end: number): Scale {
  const span = Math.log(Math.max(high, low * 1.0001) / low);
  return (value) => (start + (Math.log(Math.max(value, low * 0.5) / low) / span) * (end - start)).toFixed(1);
}

/** 1, 2 and 5 of each power of ten within the range. */
function decades(low: number, high: number): number[] {
  const powers = Array.from({ length: 13 }, (_, power) => 10 ** power);
  return powers.flatMap((power) => [power, 2 * power, 5 * power]).filter((value) => value >= low && value <= high);
}
