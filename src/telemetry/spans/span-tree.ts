import { ATTRIBUTE } from '../../model/attributes.js';
import { attributeReader } from './attribute-reader.js';
import type { AttributeReader } from './attribute-reader.js';
import type { OtlpSpan, TracesData } from '../../model/otlp.js';

/** A span with its attributes read and its children in order of time. */
export interface SpanNode {
  readonly span: OtlpSpan;
  readonly attributes: AttributeReader;
  readonly resource: AttributeReader;
  /** Version of the instrumentation that made the span. */
  readonly scopeVersion: string | undefined;
  readonly start: bigint;
  readonly end: bigint;
  readonly children: SpanNode[];
}

/** The inference calls among some traces, each with its subtree; spans outside of any call are only counted. */
export interface CallTrees {
  readonly calls: readonly SpanNode[];
  readonly spans: number;
}

/** Puts spans together into trees. Spans may come in any order and from several resources. */
export function callTrees(data: TracesData): CallTrees {
  const nodes = new Map<string, SpanNode>();
  for (const { resource, scopeSpans } of data.resourceSpans ?? []) {
    const resourceReader = attributeReader(resource?.attributes);
    const scoped = scopeSpans?.flatMap(({ scope, spans }) => (spans ?? []).map((span) => ({ scope, span }))) ?? [];
    for (const { scope, span } of scoped) {
      nodes.set(`${span.traceId}/${span.spanId}`, {
        span,
        attributes: attributeReader(span.attributes),
        resource: resourceReader,
        scopeVersion: scope?.version,
        start: BigInt(span.startTimeUnixNano),
        end: BigInt(span.endTimeUnixNano),
        children: [],
      });
    }
  }
  const calls: SpanNode[] = [];
  for (const node of nodes.values()) {
    if (isCall(node)) calls.push(node);
    else nodes.get(`${node.span.traceId}/${node.span.parentSpanId ?? ''}`)?.children.push(node);
  }
  for (const node of nodes.values()) node.children.sort((a, b) => Number(a.start - b.start));
  return { calls: calls.sort((a, b) => Number(a.start - b.start)), spans: nodes.size };
}

/** A model inside of a model is a span of kind `call` too; only the outermost says how warm it was. */
const isCall = ({ attributes }: SpanNode): boolean =>
  attributes.text(ATTRIBUTE.spanKind) === 'call' && attributes.text(ATTRIBUTE.temperature) !== undefined;
