import { UserError } from '../model/errors.js';
import { MAX_SPAN_START_NANOS, MAX_SPAN_NANOS, type Recording, type RecordingMeta } from '../model/recording.js';
import { SPAN_KINDS, type SpanColumns } from '../model/span.js';
import { STAGES } from '../model/stage.js';

/** What rows point into. */
interface Tables extends Pick<Recording, 'strings' | 'details' | 'calls'> {
  readonly meta: RecordingMeta | undefined;
}

/** Every index in the columns must point at something: nothing downstream checks again. */
export function checkSpans(spans: SpanColumns, parts: Tables, file: string): void {
  const bad = (column: string, row: number, value: number, limit: number): UserError =>
    new UserError(`The recording ${file} is damaged: spans.${column} of row ${row} is ${value}, outside 0..${limit - 1}; record again.`);
  const limits = [
    ['call', spans.call, parts.calls.length],
    ['name', spans.name, parts.strings.length],
    ['detail', spans.detail, parts.details.length],
    ['stage', spans.stage, STAGES.length],
    ['kind', spans.kind, SPAN_KINDS.length],
  ] as const;
  for (const [column, values, limit] of limits) {
    for (let row = 0; row < spans.length; row++) {
      const value = values[row] as number;
      if (value >= limit) throw bad(column, row, value, limit);
    }
  }
  for (let row = 0; row < spans.length; row++) {
    const parent = spans.parent[row] as number;
    if (parent < -1 || parent >= row) throw bad('parent', row, parent, row);
    if (parent >= 0 && spans.call[parent] !== spans.call[row])
      throw new UserError(`The recording ${file} is damaged: row ${row} of its spans is of another call than its parent; record again.`);
    const [start, duration] = [spans.startNanos[row] as number, spans.durationNanos[row] as number];
    // NaN fails both.
    if (!(duration >= 0 && duration <= MAX_SPAN_NANOS && Math.abs(start) <= MAX_SPAN_START_NANOS))
      throw new UserError(
        `The recording ${file} is damaged: row ${row} of its spans begins at ${start} ns and takes ${duration} ns; record again.`,
      );
  }
}

/** A call is of a variant that there is, and begins with a span of its own. */
export function checkCalls(spans: SpanColumns, { calls, details, meta }: Tables, file: string): void {
  calls.forEach(({ variant, rootSpan, model }, number) => {
    const known = variant < (meta?.variants.length ?? 0) && (model === undefined || details[model]?.model !== undefined);
    const root = rootSpan === -1 || (spans.parent[rootSpan] === -1 && spans.call[rootSpan] === number && rootSpan < spans.length);
    if (!known || !root)
      throw new UserError(
        `The recording ${file} is damaged: call ${number} is of ${known ? `the root span ${rootSpan}` : `variant ${variant}${model === undefined ? '' : ` and model ${model}`}`}, which it does not hold; record again.`,
      );
  });
}
