import type { CallRecord, Recording } from '../../src/model/recording.js';
import { spanKindCode, type SpanKind } from '../../src/model/span.js';
import { stageCode, type Stage } from '../../src/model/stage.js';
import { drawAnalysis } from '../helpers/drawn-analysis.js';

export interface DrawnSpan {
  readonly name: string;
  readonly from: number;
  readonly to: number;
  /** Index in the same list, -1 for the root of a call. */
  readonly parent: number;
  readonly stage?: Stage;
  readonly kind?: SpanKind;
}

/** A recording of the spans of one variant; each span without a parent is a call. */
export function drawRecording(drawn: readonly DrawnSpan[]): Recording {
  const strings = ['', ...new Set(drawn.map((span) => span.name))];
  const calls: CallRecord[] = [];
  const callOf: number[] = [];
  drawn.forEach((span, row) => {
    callOf.push(span.parent < 0 ? calls.length : callOf[span.parent]!);
    if (span.parent < 0)
      calls.push({
        variant: 0,
        rootSpan: row,
        startNanos: span.from,
        latencyNanos: span.to - span.from,
        temperature: calls.length === 0 ? 'cold-session' : 'warm',
        round: calls.length,
        signature: 'float32[1,4]',
        batch: 1,
      });
  });
  const { model, environment } = drawAnalysis({});
  return {
    meta: {
      version: 1,
      originEpochNanos: '1790000000000000000',
      model,
      environment,
      variants: [{ name: 'uncompiled', call: 'predict' }],
      inputSignature: 'float32[1,4]',
      batch: 1,
      seed: 1,
      tool: { insideNanos: 100, outsideNanos: 80, clockResolutionNanos: 20 },
    },
    strings,
    details: [{}],
    spans: {
      length: drawn.length,
      startNanos: Float64Array.from(drawn, (s) => s.from),
      durationNanos: Float64Array.from(drawn, (s) => s.to - s.from),
      parent: Int32Array.from(drawn, (s) => s.parent),
      call: Uint32Array.from(callOf),
      name: Uint32Array.from(drawn, (s) => strings.indexOf(s.name)),
      detail: new Uint32Array(drawn.length),
      stage: Uint8Array.from(drawn, (s) => stageCode(s.stage ?? 'glue')),
      kind: Uint8Array.from(drawn, (s) => spanKindCode(s.kind ?? (s.parent < 0 ? 'call' : 'kernel'))),
    },
    calls,
    gc: [],
    lostSpans: 0,
    complete: true,
  };
}
