import { addToGroup } from '../model/add-to-group.js';
import type { KeyValue, OtlpSpan, ResourceSpans } from '../model/otlp.js';
import { counted } from './checks.js';

/** A span with what its place among the others depends on. */
export interface LinkedSpan {
  readonly span: OtlpSpan;
  /** The process that made it, by its service: clocks differ between them. */
  readonly service: string;
  /** The called side of a call between processes. */
  readonly isServer: boolean;
  /** It came after another span, which did not wait for it. */
  readonly follows: boolean;
}

/** A span with its children; times are epoch nanoseconds, on its parent's clock where theirs differ. */
export interface ForestSpan extends LinkedSpan {
  start: bigint;
  end: bigint;
  parent: ForestSpan | null;
  readonly children: ForestSpan[];
}

export interface SpanForest {
  readonly roots: readonly ForestSpan[];
  readonly notes: readonly string[];
}

/** OTLP's `SPAN_KIND_…`. */
export const SERVER = 2;
export const CLIENT = 3;
export const PRODUCER = 4;
export const CONSUMER = 5;
const SERVER_KINDS: readonly unknown[] = [SERVER, CONSUMER];

/** Whether a span is a consumer's below its producer, which does not wait for it. */
export const isLeftToConsumer = ({ parent, span }: ForestSpan): boolean => parent?.span.kind === PRODUCER && span.kind === CONSUMER;

/** OTLP's spans, each with its service. */
export function linkedSpans(resources: readonly ResourceSpans[]): readonly LinkedSpan[] {
  return resources.flatMap(({ resource, scopeSpans }) => {
    const service = textOf(resource?.attributes, 'service.name') ?? 'unknown service';
    return (scopeSpans ?? []).flatMap(({ spans }) =>
      (spans ?? []).map((span): LinkedSpan => ({ span, service, isServer: SERVER_KINDS.includes(span.kind), follows: false })),
    );
  });
}

const textOf = (attributes: readonly KeyValue[] | undefined, key: string): string | undefined => {
  const value = attributes?.find((attribute) => attribute.key === key)?.value;
  return value !== undefined && 'stringValue' in value ? value.stringValue : undefined;
};

/**
 * Puts spans together into trees. Caller and callee may share one id (Zipkin): the callee stands below the caller, and what
 * names that id as its parent below the one of its own service. What was written twice counts once. Spans of other processes
 * are moved into their parents where their clocks differ. Whatever was put right is in the notes.
 */
export function plantSpans(spans: readonly LinkedSpan[]): SpanForest {
  const byId = new Map<string, ForestSpan[]>();
  let twice = 0;
  let backwards = 0;
  for (const each of spans) {
    const key = `${each.span.traceId}/${each.span.spanId}`;
    const [start, end] = [BigInt(each.span.startTimeUnixNano), BigInt(each.span.endTimeUnixNano)];
    if (
      (byId.get(key) ?? []).some(
        (known) =>
          known.service === each.service && known.start === start && known.span.name === each.span.name && known.isServer === each.isServer,
      )
    )
      twice++;
    else addToGroup(byId, key, { ...each, start, end: end > start ? end : start, parent: null, children: [] });
    if (end < start) backwards++;
  }
  const nodes = [...byId.values()].flat();
  const { orphans, shared } = linkAll(byId);
  const roots = nodes.filter(({ parent }) => parent === null);
  const moved = moveIntoParents(roots);
  const followers = nodes.filter(({ follows, parent }) => follows && parent === null).length;
  const placed = countBelow(roots);
  return {
    roots,
    notes: [
      ...(twice > 0 ? [`${counted(twice, 'span is', 'spans are')} in the file twice: counted once.`] : []),
      ...(backwards > 0
        ? [`${counted(backwards, 'span ends before its start', 'spans end before their start')}: shown without a duration.`]
        : []),
      ...(shared > 0
        ? [`${counted(shared, 'span has the id of its caller: it stands', 'spans have the id of their caller: they stand')} below it.`]
        : []),
      ...(followers > 0
        ? [
            `${counted(followers, 'span follows from another one that did not wait: it stands', 'spans follow from another one that did not wait: they stand')} at the top.`,
          ]
        : []),
      ...(moved > 0
        ? [
            `${counted(moved, 'span')} of other processes lay outside of their callers, because clocks differ: moved into them, durations unchanged.`,
          ]
        : []),
      ...(orphans > 0
        ? [
            `${counted(orphans, 'span names a parent that is not in the file: it stands', 'spans name a parent that is not in the file: they stand')} at the top.`,
          ]
        : []),
      ...(placed < nodes.length
        ? [`${counted(nodes.length - placed, 'span is its own ancestor', 'spans are their own ancestors')}: left out.`]
        : []),
    ],
  };
}

/** Gives each span its parent; counts those whose parent is missing, and those that share their caller's id. */
function linkAll(byId: ReadonlyMap<string, readonly ForestSpan[]>): { readonly orphans: number; readonly shared: number } {
  let [orphans, shared] = [0, 0];
  for (const alike of byId.values()) {
    const caller = callerOf(alike);
    for (const node of alike) {
      if (caller !== undefined && node !== caller) {
        adopt(caller, node);
        shared++;
        continue;
      }
      const { parentSpanId, traceId } = node.span;
      if (parentSpanId === undefined) continue;
      const above = (byId.get(`${traceId}/${parentSpanId}`) ?? []).filter((each) => !alike.includes(each));
      const parent = above.find(({ service }) => service === node.service) ?? above.find(({ isServer }) => isServer) ?? above[0];
      if (parent === undefined) {
        if (parentSpanId !== node.span.spanId) orphans++;
      } else adopt(parent, node);
    }
  }
  return { orphans, shared };
}

/** Of spans with one id the one that called the others; none where nothing says that they are two sides of one call. */
function callerOf(alike: readonly ForestSpan[]): ForestSpan | undefined {
  const [first] = alike;
  const areSides = alike.some(({ service, isServer }) => service !== first?.service || isServer !== first.isServer);
  return areSides ? (alike.find(({ isServer }) => !isServer) ?? longest(alike)) : undefined;
}

const longest = (nodes: readonly ForestSpan[]): ForestSpan | undefined =>
  [...nodes].sort((a, b) => Number(b.end - b.start - (a.end - a.start)))[0];

function adopt(parent: ForestSpan, child: ForestSpan): void {
  child.parent = parent;
  parent.children.push(child);
}

/**
 * A callee that begins before its caller or ends after it, though it is shorter, was timed by another clock: it is put into
 * the middle, with all that it called. One that is longer was not waited for, and stays where it is; so does what a consumer did
 * later of its producer's.
 */
function moveIntoParents(roots: readonly ForestSpan[]): number {
  let moved = 0;
  const waiting: { readonly node: ForestSpan; readonly shift: bigint }[] = roots.map((node) => ({ node, shift: 0n }));
  for (let next = waiting.pop(); next !== undefined; next = waiting.pop()) {
    const { node } = next;
    node.start += next.shift;
    node.end += next.shift;
    let shift = next.shift;
    const { parent } = node;
    if (
      parent !== null &&
      parent.service !== node.service &&
      !isLeftToConsumer(node) &&
      (node.start < parent.start || node.end > parent.end) &&
      node.end - node.start <= parent.end - parent.start
    ) {
      const correction = parent.start + (parent.end - parent.start - (node.end - node.start)) / 2n - node.start;
      node.start += correction;
      node.end += correction;
      shift += correction;
      moved++;
    }
    for (const child of node.children) waiting.push({ node: child, shift });
  }
  return moved;
}

function countBelow(roots: readonly ForestSpan[]): number {
  let count = 0;
  const waiting = [...roots];
  for (let node = waiting.pop(); node !== undefined; node = waiting.pop()) {
    count++;
    for (const child of node.children) waiting.push(child);
  }
  return count;
}
