import { processTrack, tensorsLeft, type VariantTensors } from '../../analyse/findings/memory.js';
import type { Analysis, VariantAnalysis } from '../../model/analysis.js';
import { growthSentences, growthWords, peakSentence, shortName } from '../words/growth.js';
import { leakSentences } from '../words/leaks.js';
import type { Leak } from '../../model/held-tensors.js';
import type { ProcessMemory } from '../../model/recording.js';
import type { MemoryFigure } from '../../model/memory.js';
import { html, type Html } from '../html.js';
import { figureColumn, tableHtml, tableMarkdown, words, type Table } from '../table.js';
import { escapeMarkdown } from '../text-table.js';
import type { Topic } from '../topic.js';
import { formatBytes, formatChange, formatCount, formatTime } from '../words.js';

/** What calls left behind, and the memory of the process over the run. */
export const MEMORY: Topic = {
  id: 'memory',
  title: 'Memory held',
  html: ({ analysis }) => renderMemory(analysis),
  markdown: ({ analysis }) => memoryMarkdown(analysis),
};

const WIDTH = 1000;
const HEIGHT = 60;
/** Points a line has at most. */
const MAX_POINTS = 400;

type Held = Pick<Analysis, 'variants' | 'leaks' | 'memory'>;

export function renderMemory({ variants, leaks, memory }: Held): Html {
  const peak = memory?.peak === undefined ? [] : [peakSentence(memory, memory.peak)];
  const told = [...leakSentences(leaks ?? []), ...growthSentences(memory), ...peak].map((sentence) => html`<p>${sentence}</p>`);
  const owners = memory === undefined ? '' : tableHtml(ownerTable(memory));
  return html`${told}${hasLeaks(leaks) ? '' : tensorsHtml(variants, leaks)}${processHtml(variants)}${owners}`;
}

function memoryMarkdown({ variants, leaks, memory }: Held): string {
  const { leaving, none } = tensorsOf(variants, leaks);
  const tensors = none !== '' ? [none] : leaving.map((left) => `- ${escapeMarkdown(left.key)}: ${tensorWords(left)}`);
  const process = processOf(variants);
  return [
    ...(hasLeaks(leaks) ? leakSentences(leaks).map(escapeMarkdown) : [tensors.join('\n')]),
    ...growthSentences(memory).map(escapeMarkdown),
    process === null ? '' : `Process, ${process.over}: ${process.lines.map(lineWords).join('; ')}.`,
    memory?.peak === undefined ? '' : peakSentence(memory, memory.peak),
    memory === undefined ? '' : tableMarkdown(ownerTable(memory)),
  ]
    .filter((block) => block !== '')
    .join('\n\n');
}

const ownerTable = ({ owners }: MemoryFigure): Table => ({
  columns: [words('Memory'), ...['after warm-up', 'at the end', 'growth per call (99 %)'].map(figureColumn)],
  rows: owners.map(({ owner, fromBytes, toBytes, growth }) => [
    shortName(owner),
    formatBytes(fromBytes),
    formatBytes(toBytes),
    growthWords(growth),
  ]),
});

const hasLeaks = (leaks: Held['leaks']): leaks is readonly Leak[] => leaks !== undefined && leaks.length > 0;

/** Variants that left tensors behind, or (`none`) why there are none. */
function tensorsOf(
  variants: readonly VariantAnalysis[],
  leaks: Held['leaks'],
): { readonly leaving: readonly VariantTensors[]; readonly none: string } {
  const found = tensorsLeft(variants);
  switch (found.kind) {
    case 'some':
      return { leaving: found.variants, none: '' };
    case 'none':
      return { leaving: [], none: `No tensor was left behind by any of ${formatCount(found.calls)} calls.` };
    case 'not-counted':
      return {
        leaving: [],
        none:
          leaks === undefined ? 'Tensors were not counted in this run.' : 'Tensors were counted; none was found that stays with each call.',
      };
  }
}

const tensorWords = ({ tensors, heldBytes, calls }: VariantTensors): string =>
  `${formatChange(tensors, formatCount)} tensors, ${formatChange(heldBytes.at(-1) ?? 0, formatBytes)} after ${formatCount(calls)} calls`;

function tensorsHtml(variants: readonly VariantAnalysis[], leaks: Held['leaks']): Html {
  const { leaving, none } = tensorsOf(variants, leaks);
  if (none !== '') return html`<p class="muted">${none}</p>`;
  return html`<div class="latency">${leaving.map(track)}</div>
    <p class="muted">
      Bytes of tensors that stayed after each call, added up over the calls. A first call may keep what later calls use again (weights on
      the native side); a line that goes on rising is a leak.
    </p>`;
}

function track(left: VariantTensors): Html {
  const { key, heldBytes, leastBytes, mostBytes } = left;
  const range = Math.max(1, mostBytes) - leastBytes;
  const x = (index: number): string => ((index / Math.max(1, heldBytes.length - 1)) * WIDTH).toFixed(1);
  const y = (bytes: number): string => (HEIGHT - 4 - ((bytes - leastBytes) / range) * (HEIGHT - 8)).toFixed(1);
  const path = thinned(heldBytes.map((bytes, index) => ({ bytes, index })))
    .map(({ bytes, index }) => `${x(index)} ${y(bytes)}`)
    .join('L');
  return strip(key, tensorWords(left), {
    label: `Bytes held after each call of ${key}, ending at ${formatBytes(heldBytes.at(-1) ?? 0)}`,
    drawing: html`<line class="median" x1="0" x2="${WIDTH}" y1="${y(0)}" y2="${y(0)}" />
      <path class="held" d="M${path}" />`,
  });
}

/** As many as are drawn, the last one always. */
function thinned<Point>(points: readonly Point[]): readonly Point[] {
  const step = Math.max(1, Math.ceil(points.length / MAX_POINTS));
  return points.filter((_, index) => index % step === 0 || index === points.length - 1);
}

/** One picture of memory; `label` says in words what it shows. */
function strip(name: string, says: string, { label, drawing, legend = '' }: StripParts): Html {
  return html`<figure>
    <figcaption>
      <b>${name}</b>
      <span class="muted">${says}</span>
    </figcaption>
    <svg class="strip memory" viewBox="0 0 ${WIDTH} ${HEIGHT}" preserveAspectRatio="none" role="img" aria-label="${label}">${drawing}</svg>
    ${legend}
  </figure>`;
}

interface StripParts {
  readonly label: string;
  readonly drawing: Html | readonly Html[];
  readonly legend?: Html | string;
}

/** What each line is; native TensorFlow's memory is only in the resident set. */
const LINES = [
  ['rss', 'resident set', ({ rssBytes }) => rssBytes],
  ['heap', 'V8 heap in use', ({ heapUsedBytes }) => heapUsedBytes],
  ['external', 'array buffers and other memory that JavaScript holds', ({ externalBytes }) => externalBytes],
] as const satisfies readonly (readonly [string, string, (memory: ProcessMemory) => number])[];

/** The process over time: what stands above its lines, and the lines; null where it was not looked at twice. */
function processOf(variants: readonly VariantAnalysis[]) {
  const track = processTrack(variants);
  if (track === null) return null;
  const { spanNanos, highestBytes, first, last, looks } = track;
  return {
    over: `all variants, over ${formatTime(spanNanos)}, highest ${formatBytes(highestBytes)}`,
    // Python has no V8.
    lines: LINES.filter(([, , of]) => looks.some(({ memory }) => of(memory) > 0)).map(([name, label, of]) => ({
      name,
      label,
      from: formatBytes(of(first)),
      to: formatBytes(of(last)),
      points: looks.map(({ at, memory }) => ({ at, of: of(memory) / highestBytes })),
    })),
  };
}

const lineWords = ({ label, from, to }: { readonly label: string; readonly from: string; readonly to: string }): string =>
  `${label} ${from} to ${to}`;

function processHtml(variants: readonly VariantAnalysis[]): Html | string {
  const process = processOf(variants);
  if (process === null) return '';
  const drawn = process.lines.map(({ points, ...line }) => ({
    ...line,
    path: thinned(points)
      .map(({ at, of }) => `${(at * WIDTH).toFixed(1)} ${(HEIGHT - 2 - of * (HEIGHT - 6)).toFixed(1)}`)
      .join('L'),
  }));
  return strip('Process', process.over, {
    label: `Memory of the process over the run: ${drawn.map(lineWords).join(', ')}`,
    drawing: drawn.map(({ name, path }) => html`<path class="held m-${name}" d="M${path}" />`),
    legend: html`<ul class="legend">
      ${drawn.map(({ name, label, from, to }) => html`<li><i class="swatch m-${name}"></i>${lineWords({ label, from, to })}</li>`)}
    </ul>`,
  });
}
