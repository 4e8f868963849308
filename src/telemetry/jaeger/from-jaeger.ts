import { shownAddress } from '../../model/shown-address.js';
import { EXIT, UserError } from '../../model/errors.js';
import type { Recording } from '../../model/recording.js';
import { tracePages } from './pages.js';
import { jaegerQuery } from './query.js';
import type { TimeWindow, TraceQuery } from './query.js';
import { RecordingBuilder } from '../spans/recording-builder.js';
import type { VariantNaming } from '../spans/recording-builder.js';
import { callTrees } from '../spans/span-tree.js';
import type { SpanNode } from '../spans/span-tree.js';

export interface FromJaegerOptions {
  /** Stop after this many calls of a range, the newest ones; default all. */
  readonly limit?: number;
  /** An earlier range, compared with the other one: its calls are `before`, the others `after`. */
  readonly against?: TimeWindow;
  /** Makes variants of something else than the recorded variant. */
  readonly split?: VariantSplit;
  readonly onProgress?: (calls: number, spans: number) => void;
}

/** What becomes "baseline" and "candidate" when two groups of one service's calls are compared. */
export type VariantSplit =
  /** Each value of this span or resource attribute, such as `service.version`. */
  | { readonly kind: 'attribute'; readonly name: string }
  /** `before` and `after` a moment, epoch nanoseconds. */
  | { readonly kind: 'moment'; readonly at: bigint };

export interface FromJaegerResult {
  readonly recording: Recording;
  readonly calls: number;
  readonly spans: number;
  /** Spans of the same traces outside of any inference call, such as the HTTP request around it. */
  readonly otherSpans: number;
  /** Machines that the calls came from. */
  readonly hosts: number;
}

/**
 * Reads inference calls back from a Jaeger query API as a recording, page by page.
 * @throws UserError when Jaeger does not answer, the service is unknown, or no call of Inferscope's is found.
 */
export async function recordingFromJaeger(
  queryUrl: string,
  query: TraceQuery,
  range: TimeWindow,
  options: FromJaegerOptions = {},
): Promise<FromJaegerResult> {
  const jaeger = jaegerQuery(queryUrl);
  const services = await jaeger.services();
  if (!services.includes(query.service)) {
    throw new UserError(`Jaeger knows no service "${query.service}": use one of ${services.join(', ') || '(none yet)'}.`, EXIT.notFound);
  }
  const limit = options.limit ?? Infinity;
  const { against } = options;
  const split = against === undefined ? options.split : ({ kind: 'moment', at: range.from } as const);
  const builder = new RecordingBuilder(split && naming(split));
  const hosts = new Set<string>();
  let readSpans = 0;
  for (const window of against === undefined ? [range] : [range, against]) {
    const end = builder.callCount + limit;
    for await (const page of tracePages(jaeger, query, window)) {
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
  const recording = builder.finish();
  if (recording === null) throw nothingFound(queryUrl, query, readSpans);
  const { callCount: calls, spanCount: spans } = builder;
  return { recording, calls, spans, otherSpans: readSpans - spans, hosts: hosts.size };
}

function naming(split: VariantSplit): VariantNaming {
  if (split.kind === 'moment') return ({ start }) => (start < split.at ? 'before' : 'after');
  return ({ attributes, resource }) => attributes.text(split.name) ?? resource.text(split.name) ?? 'unset';
}

/**
 * Jaeger finds whole traces, which may hold calls of other services, other methods and other variants too. A tag counts
 * for the calls that have it: one of the request around them says nothing against a call.
 */
function isAskedFor({ service, operation, tags = {} }: TraceQuery, calls: readonly SpanNode[]): (call: SpanNode) => boolean {
  const named = new Set(calls.filter(({ span }) => span.name === operation).map(({ span }) => span.traceId));
  return ({ span, attributes, resource }) =>
    (resource.text('service.name') ?? service) === service &&
    (span.name === operation || !named.has(span.traceId)) &&
    Object.entries(tags).every(([name, value]) => (attributes.text(name) ?? value) === value);
}

const nothingFound = (queryUrl: string, { service }: TraceQuery, spans: number): UserError =>
  new UserError(
    spans === 0
      ? `Jaeger has no traces of "${service}" that match: widen --since, or leave out --operation and --tag.`
      : `None of the ${spans} spans of "${service}" is an inference call of Inferscope's: run the service with ` +
          '`inferscope run` or `--import inferscope/register`. ' +
          `Any single trace is shown by \`inferscope view ${shownAddress(queryUrl)}/trace/ID\`.`,
    EXIT.notFound,
  );
