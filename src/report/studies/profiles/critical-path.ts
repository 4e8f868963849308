import type { TracePath } from '../../../model/span-traces.js';
import { code, figureColumn, type Table } from '../../table.js';
import { formatCount, formatShare, formatTime } from '../../words.js';

/** What the traces waited for, by the names of spans. */
export const pathTable = ({ frames, totalNanos }: TracePath, most: number): Table => ({
  columns: [code('Span'), ...['on the path', 'share', 'spans'].map(figureColumn)],
  rows: frames
    .slice(0, most)
    .map(({ name, nanos, spans }) => [name, formatTime(nanos), formatShare(nanos / Math.max(1, totalNanos)), formatCount(spans)]),
});

/** What the table is, and what was left aside. */
export function pathSentences({ traces, totalNanos, besideSpans, outsideSpans, apartSpans }: TracePath): readonly string[] {
  const whole = traces === 1 ? `the trace’s ${formatTime(totalNanos)}` : `the ${formatTime(totalNanos)} of ${formatCount(traces)} traces`;
  return [
    `The shares add up to ${whole}: each moment counts for the span that was waited for last.`,
    besideSpans === 0
      ? 'Nothing ran beside it.'
      : `${spansWords(besideSpans, 'ran beside it', 'ran beside it')} and could be shorter without the whole being so.`,
    ...(outsideSpans === 0
      ? []
      : [
          `${spansWords(outsideSpans, 'on it runs', 'on it run')} on after the parent or began before it: only the part within it counts, and it may not have been waited for.`,
        ]),
    ...(apartSpans === 0 ? [] : [`${spansWords(apartSpans, 'was', 'were')} left to a consumer, whose producer does not wait: on no path.`]),
  ];
}

const spansWords = (count: number, one: string, many: string): string =>
  count === 1 ? `1 span ${one}` : `${formatCount(count)} spans ${many}`;
