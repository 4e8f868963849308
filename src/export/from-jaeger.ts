import { EXIT, UserError } from '../model/errors.js';
import type { Recording } from '../model/recording.js';
import { tracePages } from './jaeger/pages.js';
import { jaegerQuery } from './jaeger/query.js';
import type { TimeWindow, TraceQuery } from './jaeger/query.js';
import { RecordingBuilder } from './otlp/recording-builder.js';
import type { VariantNaming } from './otlp/recording-builder.js';
import { callTrees } from './otlp/span-tree.js';

export interface FromJaegerOptions {
  /** Stop after this many calls, the newest ones; default all. */
  readonly limit?: number;
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
    throw new UserError(
      `Jaeger knows no service "${query.service}": use one of ${services.join(', ') || '(none yet)'}.`,
      EXIT.notFound,
    );
  }
  const limit = options.limit ?? Infinity;
  const builder = new RecordingBuilder(options.split && naming(options.split));
  const hosts = new Set<string>();
  let readSpans = 0;
  for await (const page of tracePages(jaeger, query, range)) {
    const { calls, spans } = callTrees(page);
    readSpans += spans;
    for (const call of calls.toReversed().slice(0, limit - builder.callCount)) {
      builder.addCall(call);
      hosts.add(call.resource.text('host.id') ?? 'unknown');
    }
    options.onProgress?.(builder.callCount, builder.spanCount);
    if (builder.callCount >= limit) break;
  }
  const recording = builder.finish();
  if (recording === null) throw nothingFound(query, readSpans);
  const { callCount: calls, spanCount: spans } = builder;
  return { recording, calls, spans, otherSpans: readSpans - spans, hosts: hosts.size };
}

function naming(split: VariantSplit): VariantNaming {
  if (split.kind === 'moment') return ({ start }) => (start < split.at ? 'before' : 'after');
  return ({ attributes, resource }) => attributes.text(split.name) ?? resource.text(split.name) ?? 'unset';
}

const nothingFound = ({ service }: TraceQuery, spans: number): UserError =>
  new UserError(
    spans === 0
      ? `Jaeger has no traces of "${service}" that match: widen --since, or leave out --operation and --tag.`
      : `None of the ${spans} spans of "${service}" is an inference call of Inferscope's: run the service with ` +
        '`inferscope run` or `--import inferscope/register`.',
    EXIT.notFound,
  );
