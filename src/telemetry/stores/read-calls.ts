import { RecordingBuilder, type VariantNaming } from '../spans/recording-builder.js';
import type { Portions } from '../spans/portions.js';
import { callTrees, type SpanNode } from '../spans/span-tree.js';
import type { SpanStore, TimeWindow, TraceQuery } from './store.js';

export interface ReadCallsOptions {
  /** Stop after this many calls of a range, the newest ones; default all. */
  readonly limit?: number;
  /** An earlier range, compared with the other one: its calls are `before`, the others `after`. */
  readonly against?: TimeWindow;
  /** Makes variants of something else than the recorded variant. */
  readonly split?: VariantSplit;
  readonly onProgress?: (calls: number, spans: number) => void;
  /** Where calls are kept until all are read; default in memory. */
  readonly portions?: Portions;
}

/** What becomes "baseline" and "candidate" when two groups of one service's calls are compared. */
export type VariantSplit =
  /** Each value of this span or resource attribute, such as `service.version`. */
  | { readonly kind: 'attribute'; readonly name: string }
  /** `before` and `after` a moment, epoch nanoseconds. */
  | { readonly kind: 'moment'; readonly at: bigint };

export interface ReadCalls {
  /** Holds the calls, one at least. */
  readonly builder: RecordingBuilder;
  readonly calls: number;
  readonly spans: number;
  /** Spans of the same traces outside of any inference call, such as the HTTP request around it. */
  readonly otherSpans: number;
  /** Machines that the calls came from. */
  readonly hosts: number;
}

/**
 * Reads inference calls back from where spans are stored, page by page.
 * @throws UserError when the store does not answer, the service is unknown, or no call of Inferscope's is found.
 */
export async function readCalls(
  store: SpanStore,
  query: TraceQuery,
  range: TimeWindow,
  options: ReadCallsOptions = {},
): Promise<ReadCalls> {
  await store.check(query);
  const limit = options.limit ?? Infinity;
  const { against } = options;
  const split = against === undefined ? options.split : ({ kind: 'moment', at: range.from } as const);
  const builder = new RecordingBuilder(split && naming(split), options.portions);
  const hosts = new Set<string>();
  let readSpans = 0;
  for (const window of against === undefined ? [range] : [range, against]) {
    const end = builder.callCount + limit;
    for await (const page of store.pages(query, window)) {
      const { calls, spans } = callTrees(page);
      readSpans += spans;
      for (const call of calls
        .filter(isAskedFor(query, calls))
        .toReversed()
        .slice(0, end - builder.callCount)) {
        builder.addCall(call);
        hosts.add(call.resource.text('host.id') ?? 'unknown');
      }
      options.onProgress?.(builder.callCount, builder.spanCount);
      if (builder.callCount >= end) break;
    }
  }
  const { callCount: calls, spanCount: spans } = builder;
  if (calls === 0) throw store.nothingFound(query, readSpans);
  return { builder, calls, spans, otherSpans: readSpans - spans, hosts: hosts.size };
}

function naming(split: VariantSplit): VariantNaming {
  if (split.kind === 'moment') return ({ start }) => (start < split.at ? 'before' : 'after');
  return ({ attributes, resource }) => attributes.text(split.name) ?? resource.text(split.name) ?? 'unset';
}

/**
 * Whole traces are found, which may hold calls of other services, other methods and other variants too. A tag counts
 * for the calls that have it: one of the request around them says nothing against a call.
 */
function isAskedFor({ service, operation, tags = {} }: TraceQuery, calls: readonly SpanNode[]): (call: SpanNode) => boolean {
  const named = new Set(calls.filter(({ span }) => span.name === operation).map(({ span }) => span.traceId));
  return ({ span, attributes, resource }) =>
    (resource.text('service.name') ?? service) === service &&
    (span.name === operation || !named.has(span.traceId)) &&
    Object.entries(tags).every(([name, value]) => (attributes.text(name) ?? value) === value);
}
