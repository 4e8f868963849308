import { heldLoops, latencyHistogram, latencyRange, type LatencyRange } from '../../analyse/findings/latency.js';
import type { Analysis, CallPoint, VariantAnalysis } from '../../model/analysis.js';
import { html, type Html } from '../html.js';
import { thinPoints } from '../studies/sweep/thin-points.js';
import { figureColumn, tableMarkdown, words } from '../table.js';
import { escapeMarkdown } from '../text-table.js';
import type { Topic } from '../topic.js';
import { formatCount, formatShare, formatTime } from '../words.js';

/** Calls over time and how they are spread. */
export const LATENCY: Topic = {
  id: 'calls',
  nav: 'Calls',
  title: 'Calls, from cold to warm',
  html: ({ analysis }) =>
    html`${latencyHtml(analysis.variants)}${eventLoopSentences(analysis).map((sentence) => html`<p>${sentence}</p>`)}`,
  markdown: ({ analysis }) => [latencyMarkdown(analysis.variants), ...eventLoopSentences(analysis).map(escapeMarkdown)].join('\n\n'),
};

const NONE = 'No single call was recorded.';

/** Variants that are named. */
const MAX_NAMED = 3;

/** How long a call keeps the process from answering anything else. */
function eventLoopSentences({ variants, eventLoop }: Analysis): readonly string[] {
  const held = heldLoops(variants).map(({ key, medianNanos, longestNanos, extent }) => {
    const block = `${formatTime(medianNanos)} (median, longest ${formatTime(longestNanos)})`;
    return extent === 'whole' ? `${key} from begin to end, ${block}` : `${key} for ${block} at a stretch`;
  });
  if (held.length === 0) return [];
  const named = held.slice(0, MAX_NAMED).join('; ');
  const sentences = [`A call holds the event loop, and the process answers nothing else meanwhile: ${named}.`];
  if (eventLoop !== undefined) {
    const where = eventLoop.threads === 1 ? '' : ', on the thread that was held most';
    sentences.push(
      `Between the first and the last call (${formatTime(eventLoop.seconds * 1e9)}) inference held the event loop for ${formatShare(eventLoop.heldShare)} of the time${where}.`,
    );
  }
  return sentences;
}

/** Size of one strip in its own units; the page stretches it to its column. */
const WIDTH = 1000;
const HEIGHT = 120;
/** Dots a strip draws at most; the slowest, the cold and the failed are always among them. */
const MAX_DOTS = 3000;
const BINS = 40;

const rangeWords = ({ low, high }: LatencyRange): string => `${formatTime(low)} to ${formatTime(high)}`;

/** A variant's figures; null where it has no warm call to take them from. */
function factsOf({ calls, latencyNanos: { min, p50, p90, p99, max, spread } }: VariantAnalysis) {
  const orTooFew = (value: number | null): string => (value === null ? 'too few calls' : formatTime(value));
  if (calls === 0) return null;
  return {
    min: formatTime(min),
    p50: formatTime(p50),
    p90: orTooFew(p90),
    p99: orTooFew(p99),
    max: formatTime(max),
    spread: { text: formatTime(spread), beside: formatShare(p50 > 0 ? spread / p50 : 0) },
  };
}

function latencyMarkdown(variants: readonly VariantAnalysis[]): string {
  const range = latencyRange(variants);
  if (range === null) return NONE;
  const table = tableMarkdown({
    columns: [words('Variant'), ...['warm calls', 'first call', 'min', 'p50', 'p90', 'p99', 'max', 'spread'].map(figureColumn)],
    rows: variants.map((variant) => {
      const { key, calls, cold } = variant;
      const facts = factsOf(variant);
      const figures = facts === null ? Array.from({ length: 6 }, () => '–') : Object.values(facts);
      return [key, formatCount(calls), cold[0] === undefined ? '–' : formatTime(cold[0].latencyNanos), ...figures];
    }),
  });
  return `${table}\n\nAll calls, cold ones included: ${rangeWords(range)}.`;
}

/** One strip and one histogram per variant, all on one latency scale. */
function latencyHtml(variants: readonly VariantAnalysis[]): Html {
  const range = latencyRange(variants);
  if (range === null) return html`<p class="muted">${NONE}</p>`;
  const scale = { low: range.low / 1.1, high: range.high * 1.1 };
  return html`<div class="latency">${variants.map((v) => strips(v, scale))}</div>
    <p class="muted">
      Each dot is a call, in the order they ran; height is latency on a logarithmic scale shared by all variants (${rangeWords(range)}).
      Rings are cold calls, crosses failed, ticks along the bottom are garbage collection pauses. On the right, how the warm calls are
      spread, each variant on its own linear scale up to its 99th percentile.
    </p>`;
}

function percentiles(variant: VariantAnalysis): string {
  const facts = factsOf(variant);
  if (facts === null) return 'no warm call';
  const { p50, p90, p99, spread } = facts;
  return `p50 ${p50} · p90 ${p90} · p99 ${p99} · spread ${spread.text} (${spread.beside})`;
}

function strips(variant: VariantAnalysis, scale: LatencyRange): Html {
  const label = variant.key;
  const cold = variant.cold[0];
  return html`<figure>
    <figcaption>
      <b>${label}</b>
      <span class="muted"
        >${percentiles(variant)}${cold === undefined ? '' : html` · first call <b>${formatTime(cold.latencyNanos)}</b>`}</span
      >
    </figcaption>
    <div class="latency-pair">${strip(variant, scale, label)}${histogram(variant, label)}</div>
  </figure>`;
}

function strip(variant: VariantAnalysis, scale: LatencyRange, label: string): Html {
  const points = thinPoints(
    variant.timeline.filter((p) => !p.traced),
    MAX_DOTS,
  );
  const last = Math.max(1, ...points.map((p) => p.index));
  const at = ({ point, index }: { point: CallPoint; index: number }): [string, string] => [
    ((index / last) * (WIDTH - 20) + 10).toFixed(0),
    y(point.latencyNanos, scale).toFixed(0),
  ];
  const dots = (keep: (p: CallPoint) => boolean): string =>
    points
      .filter(({ point }) => keep(point))
      .map((p) => `M${at(p).join(' ')}h0`)
      .join('');
  const rings = points.filter(({ point }) => point.temperature !== 'warm' && point.error === undefined);
  const gc = points
    .filter(({ point }) => point.gcNanos > 0)
    .map((p) => `M${at(p)[0]} ${HEIGHT}v-7`)
    .join('');
  const mid = y(variant.latencyNanos.p50, scale).toFixed(1);
  return html`<svg
    class="strip"
    viewBox="0 0 ${WIDTH} ${HEIGHT}"
    preserveAspectRatio="none"
    role="img"
    aria-label="Latency of ${formatCount(variant.timeline.length)} calls of ${label} over time"
  >
    ${variant.calls === 0 ? '' : html`<line class="median" x1="0" x2="${WIDTH}" y1="${mid}" y2="${mid}" />`}
    <path class="gc" d="${gc}" />
    <path class="dots" d="${dots((p) => p.temperature === 'warm' && p.error === undefined)}" />
    <path class="cold-halo" d="${rings.map((p) => `M${at(p).join(' ')}h0`).join('')}" />
    <path class="cold-hole" d="${rings.map((p) => `M${at(p).join(' ')}h0`).join('')}" />
    <path
      class="failed"
      d="${points
        .filter(({ point }) => point.error !== undefined)
        .map((p) => cross(...at(p)))
        .join('')}"
    />
  </svg>`;
}

const cross = (x: string, top: string): string => `M${x} ${top}m-4 -4l8 8m0 -8l-8 8`;

/** Height of a latency in the strip: the slowest on top. */
function y(nanos: number, { low, high }: LatencyRange): number {
  const place = Math.log(Math.max(nanos, low) / low) / Math.log(high / low);
  return HEIGHT - 10 - place * (HEIGHT - 20);
}

/** Warm calls by latency, on the variant's own linear scale; what lies above p99 is counted in the last bar. */
function histogram(variant: VariantAnalysis, label: string): Html {
  const histogram = latencyHistogram(variant, BINS);
  if (histogram === null) return html`<div class="histogram"><span>no warm call</span></div>`;
  const { low, high, calls, bins } = histogram;
  const most = Math.max(1, ...bins);
  const bars = bins.map((n, i) =>
    n === 0 ? '' : html`<rect x="${i}" y="${((1 - n / most) * 100).toFixed(1)}" width="0.88" height="${((n / most) * 100).toFixed(1)}" />`,
  );
  return html`<div class="histogram">
    <svg
      viewBox="0 0 ${BINS} 100"
      preserveAspectRatio="none"
      role="img"
      aria-label="Distribution of ${formatCount(calls)} warm latencies of ${label}, from ${formatTime(low)} to ${formatTime(high)}"
    >
      ${bars}</svg
    ><span aria-hidden="true">${formatTime(low)}</span><span aria-hidden="true">${formatTime(high)}</span>
  </div>`;
}
