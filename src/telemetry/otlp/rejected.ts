import type { IExportTraceServiceResponse } from '@opentelemetry/otlp-transformer';

/** Spans that an answer says were refused: no more than were sent, no fewer than none, whatever number it holds. */
export function clampedRejected({ partialSuccess }: IExportTraceServiceResponse, sent: number): number {
  const said = partialSuccess?.rejectedSpans ?? 0;
  // A negative int64 is read as one beyond its range.
  return Number.isNaN(said) || said >= 2 ** 63 ? 0 : Math.min(sent, Math.max(0, Math.trunc(said)));
}
