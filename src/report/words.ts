import type { ColdCall } from '../model/analysis.js';
import { formatMultiple, MIN_TIMES, shownDifference, timesOf } from '../model/multiple.js';
import { formatNanos } from '../model/nanos.js';
import { STAGE_MEANINGS, stageFromCode, type Stage } from '../model/stage.js';
import type { Verdict } from '../model/verdict.js';

/** How figures are written for people, the same in HTML, Markdown and the terminal. */
export const formatTime = (nanos: number): string => formatNanos(nanos);

/** Stages by the words a reader sees. */
export const STAGE_LABELS: Readonly<Record<Stage, string>> = {
  'data-adapter': 'data adapter',
  queue: 'queue',
  'graph-building': 'graph building',
  'kernel-execution': 'kernel execution',
  fetch: 'fetch',
  glue: 'glue code',
  gc: 'garbage collection',
  tool: 'tool',
  unexplained: 'unexplained',
};

/** Verdicts by the words a reader sees. */
export const VERDICT_WORDS: Readonly<Record<Verdict, string>> = {
  faster: 'faster',
  slower: 'slower',
  'no-difference': 'no difference',
  'cannot-tell': 'inconclusive',
};

/** The label of a stage's code. */
export const stageLabel = (code: number): string => STAGE_LABELS[stageFromCode(code)];

/** What made a call cold; its causes say the rest. */
export function coldReason({ temperature, causes }: Pick<ColdCall, 'temperature' | 'causes'>): string {
  if (temperature === 'cold-session') return 'first call of the process';
  return causes.some((cause) => cause === 'cache-evicted' || cause === 'new-value') ? 'graph built again' : 'built for this input';
}

/** `data adapter: checking, slicing and uploading the input`. */
export const stageTitle = (stage: Stage): string => `${STAGE_LABELS[stage]}: ${STAGE_MEANINGS[stage]}`;

/** A share of 0..1 as `64 %`, `3.2 %`, `<0.1 %`. */
export function formatShare(share: number): string {
  const percent = share * 100;
  const size = Math.abs(percent);
  if (size === 0) return '0 %';
  if (size < 0.1) return '<0.1 %';
  // Nearly all is not all: a call of which 99.7 % is saved still takes its time.
  if (size >= 99.5 && size < 99.95) return `${percent.toFixed(1)} %`;
  return `${size < 9.95 ? percent.toFixed(1) : percent.toFixed(0)} %`;
}

export { formatConfidence } from '../model/confidence.js';

/** A count as `1,234`; a mean of counts as `12.3`. */
export const formatCount = (value: number): string => COUNT.format(Number.isInteger(value) ? value : Number(value.toPrecision(3)));

/** A number of things: `1 call`, `2,000 calls`; `items` where the plural takes more than an s. */
export const countOf = (count: number, item: string, items = `${item}s`): string => `${formatCount(count)} ${count === 1 ? item : items}`;

/** Making one costs more than a thousand uses. */
const COUNT = new Intl.NumberFormat('en-US', { maximumFractionDigits: 1 });

/** Bytes as `3.1 MiB`. */
export function formatBytes(bytes: number): string {
  const units = ['bytes', 'KiB', 'MiB', 'GiB', 'TiB'];
  // 1000 KiB and more would be four figures.
  const power = Math.max(0, Math.min(units.length - 1, Math.floor(Math.log2(Math.max(bytes, 1) / 0.9765) / 10)));
  const value = bytes / 1024 ** power;
  return `${value.toFixed(power === 0 || value >= 99.95 ? 0 : 1)} ${units[power] ?? 'bytes'}`;
}

/** `52.1 GFLOP/s`. */
export const formatFlops = (perSecond: number): string => `${scaled(perSecond)}FLOP/s`;

/** `11.0 GB/s`. */
export const formatBandwidth = (perSecond: number): string => `${scaled(perSecond)}B/s`;

/** `2.45 GHz`. */
export const formatClock = (megahertz: number): string => `${scaled(megahertz * 1e6)}Hz`;

function scaled(value: number): string {
  const units = ['', 'k', 'M', 'G', 'T', 'P'];
  const power = value < 1 ? 0 : Math.min(units.length - 1, Math.floor(Math.log10(value * 1.0005) / 3));
  return `${(value / 1000 ** power).toPrecision(3)} ${units[power] ?? ''}`;
}

/** A ratio of latencies (candidate ÷ baseline) as a number: `0.258`, `1.02`, `12.3`. */
export { formatMultiple as formatFactor } from '../model/multiple.js';

/** A time of which a thousand make a call, as of a pixel or a parameter: `0.31 ns`. */
export const formatShortTime = (nanos: number): string => (Math.abs(nanos) < 10 ? `${nanos.toPrecision(2)} ns` : formatTime(nanos));

/** How far two results are apart: `1.2e-7`, `2.1e-6`, `0.012`; what is compared stands in one spelling. */
export const formatDeviation = (value: number): string =>
  value === 0 ? '0' : Math.abs(value) < 1e-3 ? value.toExponential(1) : value.toPrecision(2);

/** An estimated size or count, in three figures: `1,230`. */
export const formatEstimate = (value: number): string => formatCount(Number(value.toPrecision(3)));

/** What a container's limit allows, as it was set: `0.25`, `1.5`. */
export const formatProcessors = (cores: number): string => String(Number(cores.toFixed(3)));

/** How many times as much: `3.88×`, `25.0×`. */
export const formatTimes = (times: number): string => `${formatMultiple(times)}×`;

/** A change with its sign: `+61.0 µs`, `−3`. */
export const formatChange = (value: number, format: (size: number) => string): string =>
  `${value < 0 ? '−' : '+'}${format(Math.abs(value))}`;

/** How a ratio of latencies (candidate ÷ baseline) is said: `3.9× faster`, `12 % slower`. */
export function formatRatio(ratio: number): string {
  const word = ratio < 1 ? 'faster' : 'slower';
  const times = timesOf(ratio);
  return `${times >= MIN_TIMES ? formatTimes(times) : formatShare(shownDifference(ratio))} ${word}`;
}
