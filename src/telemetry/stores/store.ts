import type { UserError } from '../../model/errors.js';
import type { TracesData } from '../../model/otlp.js';

/** What to look for. */
export interface TraceQuery {
  readonly service: string;
  readonly operation?: string;
  /** `name=value` of span or resource attributes; all must hold on one span. */
  readonly tags?: Readonly<Record<string, string>>;
}

/** Epoch nanoseconds. */
export interface TimeWindow {
  readonly from: bigint;
  readonly to: bigint;
}

/** Where services' spans are kept. Each method throws a UserError when the store does not answer as it should. */
export interface SpanStore {
  readonly kind: 'jaeger' | 'clickhouse';
  /** Without what may be secret in it. */
  readonly address: string;
  /** @throws UserError when the service is unknown, or spans are kept in a way that is not known */
  check(query: TraceQuery): Promise<void>;
  /** Traces with calls of the service that begin in the window, newest first, as many at a time as memory may hold; each call once. */
  pages(query: TraceQuery, window: TimeWindow): AsyncIterable<TracesData>;
  /** Why there was no call among that many spans. */
  nothingFound(query: TraceQuery, spans: number): UserError;
}
