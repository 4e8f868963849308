import type { CallRecord } from '../model/recording.js';
import { spanKindCode } from '../model/span.js';
import type { SpanTraces } from '../model/span-traces.js';
import { stageCode } from '../model/stage.js';
import { isLeftToConsumer, type ForestSpan } from './span-forest.js';

const STAGE = stageCode('glue');
const KIND = spanKindCode('stage');
const ERROR = 2;

/** Spans as rows, each root a call; `nameOf` is what a span is called. */
export function spanRows(roots: readonly ForestSpan[], nameOf: (span: ForestSpan) => string): SpanTraces {
  const names = new Map<string, number>();
  const nodes = inOrder(roots);
  const row = new Map(nodes.map((node, index) => [node, index]));
  const earliest = roots.reduce((least, { start }) => (start < least ? start : least), roots[0]?.start ?? 0n);
  const call = new Uint32Array(nodes.length);
  const calls: CallRecord[] = [];
  const apart = new Set<number>();
  const numberOf = (name: string): number => {
    const known = names.get(name) ?? names.size;
    names.set(name, known);
    return known;
  };
  nodes.forEach((node, index) => {
    const { parent } = node;
    call[index] = parent === null ? calls.push(callOf(node, index, earliest)) - 1 : (call[row.get(parent) ?? 0] ?? 0);
    if (isLeftToConsumer(node)) apart.add(index);
  });
  return {
    spans: {
      length: nodes.length,
      startNanos: Float64Array.from(nodes, ({ start }) => Number(start - earliest)),
      durationNanos: Float64Array.from(nodes, ({ start, end }) => Number(end - start)),
      parent: Int32Array.from(nodes, ({ parent }) => (parent === null ? -1 : (row.get(parent) ?? -1))),
      call,
      name: Uint32Array.from(nodes, (node) => numberOf(nameOf(node))),
      detail: new Uint32Array(nodes.length),
      stage: new Uint8Array(nodes.length).fill(STAGE),
      kind: new Uint8Array(nodes.length).fill(KIND),
    },
    strings: [...names.keys()],
    details: [{}],
    calls,
    gc: [],
    apart,
  };
}

/** Parents before their children, without recursion. */
function inOrder(roots: readonly ForestSpan[]): readonly ForestSpan[] {
  const nodes: ForestSpan[] = [];
  const waiting = roots.toReversed();
  for (let node = waiting.pop(); node !== undefined; node = waiting.pop()) {
    nodes.push(node);
    for (const child of node.children.toReversed()) waiting.push(child);
  }
  return nodes;
}

function callOf({ span, start, end }: ForestSpan, rootSpan: number, earliest: bigint): CallRecord {
  return {
    variant: 0,
    rootSpan,
    startNanos: Number(start - earliest),
    latencyNanos: Number(end - start),
    temperature: 'warm',
    round: -1,
    signature: '',
    batch: 1,
    traceId: span.traceId,
    ...(span.status?.code === ERROR ? { error: span.status.message ?? 'failed' } : {}),
  };
}
