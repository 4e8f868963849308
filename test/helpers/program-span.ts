/** A span as the programs of test/telemetry/live/programs print it. */
export interface ProgramSpan {
  readonly name: string;
  readonly traceId: string;
  readonly spanId: string;
  readonly parentSpanId: string | null;
  readonly attributes: Record<string, unknown>;
}
