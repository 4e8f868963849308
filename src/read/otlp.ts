import type { ForeignProfile } from '../model/foreign.js';
import type { KeyValue, OtlpSpan, TracesData } from '../model/otlp.js';
import { damaged, TreeBuilder } from './foreign-profile.js';

interface Node {
  readonly span: OtlpSpan;
  readonly service: string;
  readonly children: Node[];
}

/**
 * Spans of any program as one tree: spans with the same path of names are one frame, each trace's root below the
 * service it came from when there are several. Times in which children ran at once count once in their parent, so a
 * parent's self time is never negative; the children keep their whole durations, and a note says so.
 *
 * @throws UserError when there is no span
 */
export function readTraces(name: string, traces: TracesData, format: 'otlp' | 'jaeger' = 'otlp'): readonly ForeignProfile[] {
  const nodes = nodesOf(traces);
  if (nodes.size === 0) throw damaged(name, 'there is no span in it');
  const roots: Node[] = [];
  let orphans = 0;
  for (const node of nodes.values()) {
    const { parentSpanId, traceId } = node.span;
    const parent = parentSpanId === undefined ? undefined : nodes.get(`${traceId}/${parentSpanId}`);
    if (parent !== undefined && parent !== node) parent.children.push(node);
    else roots.push(node);
    if (parentSpanId !== undefined && parent === undefined) orphans++;
  }
  const services = new Set([...nodes.values()].map(({ service }) => service));
  const builder = new TreeBuilder(name);
  const placed = addAll(builder, roots, services.size > 1);
  const notes = [
    ...(placed.overlapping > 0 ? [`${placed.overlapping} spans ran beside a sibling: frames below one parent may add up to more than it.`] : []),
    ...(orphans > 0 ? [`${orphans} spans name a parent that is not in the file: they stand at the top.`] : []),
    ...(placed.spans < nodes.size ? [`${nodes.size - placed.spans} spans are their own ancestors: left out.`] : []),
  ];
  return [{ name, format, unit: 'time', taken: 'measured', tree: builder.finish('executions'), notes }];
}

function nodesOf(traces: TracesData): ReadonlyMap<string, Node> {
  const nodes = new Map<string, Node>();
  for (const { resource, scopeSpans } of traces.resourceSpans ?? []) {
    const service = textOf(resource?.attributes, 'service.name') ?? 'unknown service';
    for (const { spans } of scopeSpans ?? []) {
      for (const span of spans ?? []) nodes.set(`${span.traceId}/${span.spanId}`, { span, service, children: [] });
    }
  }
  return nodes;
}

const textOf = (attributes: readonly KeyValue[] | undefined, key: string): string | undefined => {
  const value = attributes?.find((attribute) => attribute.key === key)?.value;
  return value !== undefined && 'stringValue' in value ? value.stringValue : undefined;
};

/** Goes down from the roots without recursion: depth is no limit. */
function addAll(builder: TreeBuilder, roots: readonly Node[], byService: boolean): { spans: number; overlapping: number } {
  const waiting: { node: Node; path: readonly string[] }[] = roots.map((node) => ({ node, path: byService ? [node.service] : [] }));
  let spans = 0;
  let overlapping = 0;
  for (let next = waiting.pop(); next !== undefined; next = waiting.pop()) {
    const { node } = next;
    const label = node.span.name === '' ? '(nameless)' : node.span.name;
    const path = [...next.path, label];
    const [from, to] = [BigInt(node.span.startTimeUnixNano), BigInt(node.span.endTimeUnixNano)];
    const covered = coveredNanos(node.children, from, to);
    overlapping += covered.overlapping;
    builder.add(path, Math.max(0, Number(to - from) - covered.nanos));
    spans++;
    for (const child of node.children) waiting.push({ node: child, path });
  }
  return { spans, overlapping };
}

/** How much of `[from, to)` has a child running in it, and how many children began before another one ended. */
function coveredNanos(children: readonly Node[], from: bigint, to: bigint): { nanos: number; overlapping: number } {
  const intervals = children
    .map(({ span }) => ({ start: BigInt(span.startTimeUnixNano), end: BigInt(span.endTimeUnixNano) }))
    .sort((a, b) => (a.start < b.start ? -1 : a.start > b.start ? 1 : 0));
  let nanos = 0n;
  let until = from;
  let overlapping = 0;
  for (const { start, end } of intervals) {
    if (start < until && until > from) overlapping++;
    const [first, last] = [start > until ? start : until, end < to ? end : to];
    if (last > first) nanos += last - first;
    if (end > until) until = end;
  }
  return { nanos: Number(nanos), overlapping };
}
