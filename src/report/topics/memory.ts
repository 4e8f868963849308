import type { Analysis, CallPoint, VariantAnalysis } from '../../model/analysis.js';
import { leakSentences } from '../../model/held-tensors.js';
import type { ProcessMemory } from '../../model/recording.js';
import { formatBytes, formatCount, formatTime } from '../words.js';
import { html, type Html } from '../html.js';

const WIDTH = 1000;
const HEIGHT = 60;
/** Points a line has at most. */
const MAX_POINTS = 400;

/** What calls left behind, and the memory of the process over the run. */
export function renderMemory({ variants, leaks = [] }: Pick<Analysis, 'variants' | 'leaks'>): Html {
  const told = leakSentences(leaks).map((sentence) => html`<p>${sentence}</p>`);
  return html`${told}${leaks.length > 0 ? '' : renderTensors(variants)}${renderProcess(variants)}`;
}

/** Tensors that calls left behind, added up in the order the calls ran: flat is well, a slope is a leak. */
function renderTensors(variants: readonly VariantAnalysis[]): Html {
  const counted = variants
    .map((variant) => ({ variant, points: variant.timeline.filter(({ tensors }) => tensors !== undefined) }))
    .filter(({ points }) => points.length > 0);
  if (counted.length === 0) return html`<p class="muted">Tensors were not counted in this run.</p>`;
  const leaking = counted.filter(({ points }) => points.some(({ tensors, tensorBytes }) => tensors !== 0 || tensorBytes !== 0));
  const calls = counted.reduce((sum, { points }) => sum + points.length, 0);
  if (leaking.length === 0) return html`<p class="muted">No tensor was left behind by any of ${formatCount(calls)} calls.</p>`;
  return html`<div class="latency">${leaking.map(({ variant, points }) => track(variant, points))}</div>
    <p class="muted">
      Bytes of tensors that stayed after each call, added up over the calls. A first call may keep what later calls use again (weights on
      the native side); a line that goes on rising is a leak.
    </p>`;
}

function track(variant: VariantAnalysis, points: readonly CallPoint[]): Html {
  const label = variant.key;
  const held = addUp(points, ({ tensorBytes }) => tensorBytes ?? 0);
  const tensors = addUp(points, (point) => point.tensors ?? 0).at(-1) ?? 0;
  const most = held.reduce((max, value) => Math.max(max, value), 1);
  const least = held.reduce((min, value) => Math.min(min, value), 0);
  const step = Math.max(1, Math.ceil(held.length / MAX_POINTS));
  const y = (bytes: number): string => (HEIGHT - 4 - ((bytes - least) / (most - least)) * (HEIGHT - 8)).toFixed(1);
  const path = held.flatMap((bytes, i) =>
    i % step === 0 || i === held.length - 1 ? [`${((i / Math.max(1, held.length - 1)) * WIDTH).toFixed(1)} ${y(bytes)}`] : [],
  );
  const last = held.at(-1) ?? 0;
  return html`<figure>
    <figcaption>
      <b>${label}</b>
      <span class="muted"
        >${signed(tensors, formatCount)} tensors, ${signed(last, formatBytes)} after ${formatCount(points.length)} calls</span
      >
    </figcaption>
    <svg
      class="strip memory"
      viewBox="0 0 ${WIDTH} ${HEIGHT}"
      preserveAspectRatio="none"
      role="img"
      aria-label="Bytes held after each call of ${label}, ending at ${formatBytes(last)}"
    >
      <line class="median" x1="0" x2="${WIDTH}" y1="${y(0)}" y2="${y(0)}" />
      <path class="held" d="M${path.join('L')}" />
    </svg>
  </figure>`;
}

/** What each line is; native TensorFlow's memory is only in the resident set. */
const LINES = [
  ['rss', 'resident set', ({ rssBytes }) => rssBytes],
  ['heap', 'V8 heap in use', ({ heapUsedBytes }) => heapUsedBytes],
  ['external', 'array buffers and other memory that JavaScript holds', ({ externalBytes }) => externalBytes],
] as const satisfies readonly (readonly [string, string, (memory: ProcessMemory) => number])[];

/** One process runs all variants, so there is one track, over time. */
function renderProcess(variants: readonly VariantAnalysis[]): Html | string {
  const looks = variants
    .flatMap(({ timeline }) => timeline.flatMap(({ startNanos, memory }) => (memory === undefined ? [] : [{ startNanos, memory }])))
    .sort((a, b) => a.startNanos - b.startNanos);
  const [first] = looks;
  const last = looks.at(-1);
  if (first === undefined || last === undefined || looks.length < 2) return '';
  const most = looks.reduce((max, { memory }) => Math.max(max, ...LINES.map(([, , of]) => of(memory))), 1);
  const x = (nanos: number): string => (((nanos - first.startNanos) / Math.max(1, last.startNanos - first.startNanos)) * WIDTH).toFixed(1);
  const y = (bytes: number): string => (HEIGHT - 2 - (bytes / most) * (HEIGHT - 6)).toFixed(1);
  const step = Math.ceil(looks.length / MAX_POINTS);
  const kept = looks.filter((look, i) => i % step === 0 || look === last);
  const drawn = LINES.map(([name, label, of]) => ({
    name,
    label,
    from: of(first.memory),
    to: of(last.memory),
    path: kept.map(({ startNanos, memory }) => `${x(startNanos)} ${y(of(memory))}`).join('L'),
  }));
  const says = drawn.map(({ label, from, to }) => `${label} ${formatBytes(from)} to ${formatBytes(to)}`).join(', ');
  return html`<figure>
    <figcaption>
      <b>Process</b>
      <span class="muted">all variants, over ${formatTime(last.startNanos - first.startNanos)}, highest ${formatBytes(most)}</span>
    </figcaption>
    <svg
      class="strip memory"
      viewBox="0 0 ${WIDTH} ${HEIGHT}"
      preserveAspectRatio="none"
      role="img"
      aria-label="Memory of the process over the run: ${says}"
    >
      ${drawn.map(({ name, path }) => html`<path class="held m-${name}" d="M${path}" />`)}
    </svg>
    <ul class="legend">
      ${drawn.map(({ name, label, from, to }) => html`<li><i class="swatch m-${name}"></i>${label}: ${formatBytes(from)} → ${formatBytes(to)}</li>`)}
    </ul>
  </figure>`;
}

function addUp(points: readonly CallPoint[], of: (point: CallPoint) => number): readonly number[] {
  let sum = 0;
  return points.map((point) => (sum += of(point)));
}

const signed = (value: number, format: (value: number) => string): string => `${value < 0 ? '−' : '+'}${format(Math.abs(value))}`;
