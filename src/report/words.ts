import type { ColdCall } from '../model/analysis.js';
import { formatMultiple } from '../model/multiple.js';
import { formatNanos } from '../model/nanos.js';
import { STAGE_MEANINGS, stageFromCode, type Stage } from '../model/stage.js';
import type { Verdict } from '../model/verdict.js';

/** How figures are written for people, the same in HTML, Markdown and the terminal. */
export const formatTime = (nanos: number): string => formatNanos(nanos);

/** Stages by the words a reader sees. */
export const STAGE_LABELS: Readonly<Record<Stage, string>> = {
  'data-adapter': 'data adapter',
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
  return `${size < 9.95 ? percent.toFixed(1) : percent.toFixed(0)} %`;
}

export { formatConfidence } from '../model/confidence.js';

/** A whole number with thousands separated: `1,234`. */
export const formatCount = (value: number): string => COUNT.format(value);

/** Making one costs more than a thousand uses. */
const COUNT = new Intl.NumberFormat('en-US', { maximumFractionDigits: 1 });

/** Bytes as `3.1 MiB`. */
export function formatBytes(bytes: number): string {
  const units = ['bytes', 'KiB', 'MiB', 'GiB', 'TiB'];
  const power = Math.min(units.length - 1, bytes < 1 ? 0 : Math.floor(Math.log2(bytes) / 10));
  return `${(bytes / 1024 ** power).toFixed(power === 0 ? 0 : 1)} ${units[power] ?? 'bytes'}`;
}

/** How a ratio of latencies (candidate ÷ baseline) is said: `3.9× faster`, `12 % slower`. */
export function formatRatio(ratio: number): string {
  const word = ratio < 1 ? 'faster' : 'slower';
  const times = ratio < 1 ? 1 / ratio : ratio;
  if (times >= 1.5) return `${formatMultiple(times)}× ${word}`;
  const percent = Math.abs(1 - ratio) * 100;
  return `${percent < 9.95 ? percent.toFixed(1) : percent.toFixed(0)} % ${word}`;
}
