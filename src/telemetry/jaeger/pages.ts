import type { TracesData } from '../../model/otlp.js';
import { AnswerTooLarge } from '../stores/ask.js';
import type { TimeWindow, TraceQuery } from '../stores/store.js';
import type { JaegerQuery } from './query.js';

/** Spans that a page should hold: some megabytes of JSON, which is what reading takes of memory however much there is. */
const PAGE_SPANS = 5000;
const FIRST_PAGE_TRACES = 20;
const MAX_PAGE_TRACES = 1000;
const MIN_WINDOW_NANOS = 1000n;
/** Times may be rounded to microseconds on the way, and be inclusive. */
const EDGE_NANOS = 1_000_000n;

/**
 * All traces of a time range, newest first, page by page, each once.
 *
 * Jaeger has no cursor, only a window and a count. So a window is halved until what is in it fits into a page, and
 * doubled again when pages come back nearly empty; the page follows the size of the traces met, and is less where an answer
 * would be larger than is read.
 */
export async function* tracePages(jaeger: JaegerQuery, query: TraceQuery, range: TimeWindow): AsyncIterable<TracesData> {
  /** Traces that begin before what was read, and when: they reach into what is read next, all others are not found again. */
  let seen: ReadonlyMap<string, bigint> = new Map();
  let pageTraces = FIRST_PAGE_TRACES;
  let to = range.to;
  let length = range.to - range.from;
  while (to > range.from) {
    const from = later(range.from, to - length);
    const isLeast = pageTraces <= 2 && to - from <= MIN_WINDOW_NANOS;
    const data = await jaeger.find(query, { from, to }, pageTraces).catch((thrown: unknown) => {
      if (thrown instanceof AnswerTooLarge && !isLeast) return null;
      throw thrown;
    });
    if (data === null) {
      pageTraces = Math.max(2, Math.ceil(pageTraces / 2));
      length = later(MIN_WINDOW_NANOS, (to - from) / 2n);
      continue;
    }
    const page = describe(data);
    if (page.begins.size >= pageTraces && to - from > MIN_WINDOW_NANOS) {
      // Most storages give the newest traces of a window, so the oldest one given says how far a page reaches.
      const reach = to - later(page.oldest, from);
      const half = (to - from) / 2n;
      length = later(MIN_WINDOW_NANOS, reach > 0n && reach < half ? reach : half);
      if (reach >= to - from && pageTraces < MAX_PAGE_TRACES) pageTraces *= 2;
      continue;
    }
    yield withoutSeen(data, seen);
    seen = new Map([...seen, ...page.begins].filter(([, begin]) => begin <= from + EDGE_NANOS));
    if (page.begins.size > 0) {
      const perTrace = Math.max(1, page.spans / page.begins.size);
      pageTraces = Math.round(Math.min(MAX_PAGE_TRACES, Math.max(FIRST_PAGE_TRACES / 4, PAGE_SPANS / perTrace)));
    }
    if (page.begins.size < pageTraces / 4) length *= 2n;
    to = from;
  }
}

interface PageContent {
  /** When each trace begins. */
  readonly begins: ReadonlyMap<string, bigint>;
  readonly spans: number;
  readonly oldest: bigint;
}

function describe(data: TracesData): PageContent {
  const begins = new Map<string, bigint>();
  let spans = 0;
  let oldest = 2n ** 63n;
  for (const { traceId, startTimeUnixNano } of spansIn(data)) {
    spans++;
    const start = BigInt(startTimeUnixNano);
    const known = begins.get(traceId);
    if (known === undefined || start < known) begins.set(traceId, start);
    if (start < oldest) oldest = start;
  }
  return { begins, spans, oldest };
}

const spansIn = ({ resourceSpans }: TracesData) =>
  (resourceSpans ?? []).flatMap(({ scopeSpans }) => scopeSpans ?? []).flatMap(({ spans }) => spans ?? []);

/** A trace that crosses the edge of two windows is found in both. */
function withoutSeen(data: TracesData, seen: ReadonlyMap<string, bigint>): TracesData {
  return {
    resourceSpans: (data.resourceSpans ?? []).map((resource) => ({
      ...resource,
      scopeSpans: (resource.scopeSpans ?? []).map((scope) => ({
        ...scope,
        spans: (scope.spans ?? []).filter(({ traceId }) => !seen.has(traceId)),
      })),
    })),
  };
}

const later = (a: bigint, b: bigint): bigint => (a > b ? a : b);
