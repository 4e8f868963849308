import type { FlameNode } from '../model/analysis.js';
import { asNumber, asRecord, asText, damaged } from './checks.js';
import { TreeBuilder, type Place } from './foreign-profile.js';

/** A function of a V8 profile below the one that called it. */
export interface StackNode {
  readonly name: string;
  parent: number | undefined;
  readonly hits: number;
}

/** A node that was running from a moment on, in microseconds. */
export interface TimedSample {
  readonly node: number;
  readonly at: number;
}

/** V8's own function and place: `predict run.js:12`. */
export function frameName(frame: Readonly<Record<string, unknown>>): string {
  const name = asText(frame['functionName']) ?? '';
  const url = asText(frame['url']) ?? '';
  const place = url === '' ? '' : ` ${url.split('/').at(-1) ?? ''}:${(asNumber(frame['lineNumber']) ?? -1) + 1}`;
  return `${name === '' ? '(anonymous)' : name}${place}`;
}

/**
 * The node's name and whose child it is, from `callFrame` (some tools write its fields into the node) and `parent`; null for
 * what is no node.
 */
export function stackNode(node: Readonly<Record<string, unknown>>): StackNode | null {
  const frame = asRecord(node['callFrame']) ?? (asText(node['functionName']) === undefined ? undefined : node);
  return frame === undefined
    ? null
    : { name: frameName(frame), parent: asNumber(node['parent']), hits: Math.max(0, asNumber(node['hitCount']) ?? 0) };
}

/**
 * The tree of samples: each lasts until the next one, the last until `end`. They may come in any order.
 *
 * @throws UserError for a sample of an unknown node, or nodes that go in a circle
 */
export function treeOfSamples(
  file: string,
  label: string,
  nodes: ReadonlyMap<number, StackNode>,
  samples: readonly TimedSample[],
  end: number | null,
): FlameNode {
  const builder = new TreeBuilder(label, undefined, file);
  const placeOf = places(file, builder, nodes);
  const sorted = [...samples].sort((a, b) => a.at - b.at);
  sorted.forEach(({ node, at }, i) => {
    const until = sorted[i + 1]?.at ?? Math.max(at, end ?? at);
    builder.addAt(placeOf(node), Math.max(0, (until - at) * 1000));
  });
  return builder.finish('samples');
}

/** The tree of hits, where nothing says when they were: each as a count, or as a time that all share alike. */
export function treeOfHits(file: string, label: string, nodes: ReadonlyMap<number, StackNode>, nanosPerHit: number | null): FlameNode {
  const builder = new TreeBuilder(label, undefined, file);
  const placeOf = places(file, builder, nodes);
  for (const [id, { hits }] of nodes) if (hits > 0) builder.addAt(placeOf(id), hits * (nanosPerHit ?? 1), { count: hits });
  return builder.finish(nanosPerHit === null ? 'counts' : 'none');
}

/** The tree of nodes that say themselves how long each ran. */
export function treeOfSelfTimes(
  file: string,
  label: string,
  nodes: ReadonlyMap<number, StackNode>,
  selfNanos: ReadonlyMap<number, number>,
): FlameNode {
  const builder = new TreeBuilder(label, undefined, file);
  const placeOf = places(file, builder, nodes);
  for (const [id, nanos] of selfNanos) if (nanos !== 0) builder.addAt(placeOf(id), nanos);
  return builder.finish('none');
}

/** Where a node stands in the tree, without V8's own `(root)`; remembered, and a circle is an error instead of a hang. */
function places(file: string, builder: TreeBuilder, nodes: ReadonlyMap<number, StackNode>): (id: number) => Place {
  const known = new Map<number, Place>();
  return (id) => {
    const way: number[] = [];
    const onWay = new Set<number>();
    let at: number | undefined = id;
    for (; at !== undefined && !known.has(at) && nodes.has(at); at = nodes.get(at)?.parent) {
      if (onWay.has(at)) throw damaged(file, `the node ${at} is its own ancestor`);
      onWay.add(at);
      way.push(at);
    }
    let place = (at === undefined ? undefined : known.get(at)) ?? builder.root;
    for (const each of way.reverse()) {
      const node = nodes.get(each);
      if (node === undefined) continue;
      if (!(node.name === '(root)' && node.parent === undefined)) place = builder.below(place, node.name);
      known.set(each, place);
    }
    return place;
  };
}
