import type { ForeignProfile } from '../model/foreign.js';
import { ROUNDING_NANOS } from '../model/span-traces.js';
import { counted, damaged } from './checks.js';
import { TreeBuilder, type Place } from './foreign-profile.js';
import { plantSpans, type LinkedSpan, type ForestSpan } from './span-forest.js';
import { spanRows } from './span-rows.js';

/**
 * Spans of any program as one tree: spans with the same path of names are one frame, each trace's root below the
 * service it came from when there are several. A span takes the time from its begin to its end, whatever ran in it at
 * once; its own time is what none of its children covers. What was put right is in the notes.
 *
 * @throws UserError when there is no span
 */
export function readTraces(name: string, spans: readonly LinkedSpan[], format: 'otlp' | 'jaeger' = 'otlp'): readonly ForeignProfile[] {
  if (spans.length === 0) throw damaged(name, 'there is no span in it');
  const { roots, notes } = plantSpans(spans);
  const services = new Set(spans.map(({ service }) => service));
  const builder = new TreeBuilder(name);
  const { beside, outside } = addAll(builder, roots, services.size > 1);
  const told = [
    ...(beside > 0 ? [`${counted(beside, 'span')} ran beside a sibling: frames below one parent may add up to more than it.`] : []),
    ...(outside > 0
      ? [
          `${counted(outside, 'span ran on after its parent', 'spans ran on after their parent')}, or before it: only the part inside counts in its time.`,
        ]
      : []),
    ...notes,
  ];
  const traces = spanRows(roots, (node) => (services.size > 1 ? `${node.service}: ${nameOf(node)}` : nameOf(node)));
  return [{ name, format, unit: 'time', taken: 'measured', tree: builder.finish('executions'), notes: told, traces }];
}

const nameOf = ({ span }: ForestSpan): string => (span.name === '' ? '(nameless)' : span.name);

/** Goes down from the roots without recursion: depth is no limit. */
function addAll(
  builder: TreeBuilder,
  roots: readonly ForestSpan[],
  byService: boolean,
): { readonly beside: number; readonly outside: number } {
  const places = roots.map((node) => ({ node, above: byService ? builder.below(builder.root, node.service) : builder.root }));
  const waiting: { node: ForestSpan; above: Place }[] = places.toReversed();
  let [beside, outside] = [0, 0];
  for (let next = waiting.pop(); next !== undefined; next = waiting.pop()) {
    const { node } = next;
    const place = builder.below(next.above, nameOf(node));
    const covered = coveredNanos(node);
    beside += covered.beside;
    outside += covered.outside;
    const totalNanos = Number(node.end - node.start);
    builder.addAt(place, Math.max(0, totalNanos - covered.nanos), { totalNanos });
    for (const child of node.children.toReversed()) waiting.push({ node: child, above: place });
  }
  return { beside, outside };
}

const ROUNDING = BigInt(ROUNDING_NANOS);
/** Jaeger makes no span shorter. */
const SHORTEST = 1n;

/** How much of a span has a child running in it, and how many children ran beside another one, or not inside of it. */
function coveredNanos({ start: from, end: to, children }: ForestSpan): {
  readonly nanos: number;
  readonly beside: number;
  readonly outside: number;
} {
  const intervals = [...children].sort((a, b) => (a.start < b.start ? -1 : a.start > b.start ? 1 : 0));
  let [nanos, until] = [0n, from];
  let [beside, outside] = [0, 0];
  for (const { start, end } of intervals) {
    if (start < until - SHORTEST && until > from && end > start) beside++;
    if (start < from - ROUNDING || end > to + ROUNDING) outside++;
    const [first, last] = [start > until ? start : until, end < to ? end : to];
    if (last > first) nanos += last - first;
    if (end > until) until = end;
  }
  return { nanos: Number(nanos), beside, outside };
}
