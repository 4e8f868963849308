import type { FlameNode } from '../../model/analysis.js';
import type { ForeignProfile } from '../../model/foreign.js';
import { asList, asNumber, asRecord, asTime, damaged } from '../checks.js';
import { frameName, stackNode, treeOfHits, treeOfSamples, treeOfSelfTimes, type StackNode, type TimedSample } from '../sampled-stacks.js';

type Fields = Readonly<Record<string, unknown>>;

/**
 * V8's `.cpuprofile`: `nodes` with `callFrame` and `children` (or `parent`), `samples` and `timeDeltas` in
 * microseconds; or, as it was until 2016, a tree from `head` down, with `timestamps`; until 2013 that tree had no samples, and each
 * node says how long it ran. A sample lasts until the next one;
 * deltas may be negative, so samples are put in order first. Where nothing says when samples were taken, they share the time
 * of the whole alike.
 *
 * @throws UserError that names the field at fault
 */
export function readCpuProfile(name: string, json: unknown): readonly ForeignProfile[] {
  const profile = asRecord(json) ?? {};
  const isOld = profile['nodes'] === undefined;
  const common = { name, format: 'cpuprofile', unit: 'time', taken: 'samples' } as const;
  if (isOld && asRecord(headOf(profile))?.['id'] === undefined) return [{ ...common, tree: treeOfOldest(name, profile), notes: [] }];
  const nodes = isOld ? nodesBelow(name, profile['head']) : readNodes(name, profile['nodes']);
  // The old form has these two in seconds, and samples in microseconds.
  const [start, end] = [asTime(profile['startTime']), asTime(profile['endTime'])].map((at) =>
    at === undefined ? null : isOld ? at * 1e6 : at,
  );
  const wholeMicros = start == null || end == null || end <= start ? null : end - start;
  const samples = samplesOf(name, profile, nodes);
  if (samples.length > 0 && isTimed(profile)) {
    const tree = treeOfSamples(name, name, nodes, timed(profile, samples, isOld ? 0 : (start ?? 0)), end ?? null);
    return [{ ...common, tree, notes: [] }];
  }
  if (wholeMicros !== null && samples.length > 0) {
    const even = samples.map((node, i) => ({ node, at: (wholeMicros / samples.length) * i }));
    return [{ ...common, tree: treeOfSamples(name, name, nodes, even, wholeMicros), notes: [EVEN_TIMES] }];
  }
  const hits = samples.length > 0 ? countHits(nodes, samples) : nodes;
  const count = [...hits.values()].reduce((sum, node) => sum + node.hits, 0);
  if (wholeMicros !== null && count > 0)
    return [{ ...common, tree: treeOfHits(name, name, hits, (wholeMicros * 1000) / count), notes: [EVEN_TIMES] }];
  const tree = treeOfHits(name, name, hits, null);
  return [{ ...common, unit: 'count', tree, notes: ['This profile has no time stamps: a hit is shown as 1 ns.'] }];
}

const EVEN_TIMES = 'When each sample was taken is not in the file: all count as the same part of the time from its start to its end.';

/** The profile in a document, which may be the answer of V8's inspector that holds it; undefined where there is none. */
export function cpuProfileIn(document: unknown): unknown {
  const record = asRecord(document);
  return [record, record?.['profile'], asRecord(record?.['result'])?.['profile']].find(
    (each) => asList(asRecord(each)?.['nodes']) !== undefined || isOldCpuProfile(each),
  );
}

/** The root of the tree that V8 wrote before it wrote `nodes`; `topRoot` in the oldest profilers of Node.js. */
const headOf = (profile: Fields | undefined): unknown => profile?.['head'] ?? profile?.['topRoot'];

/** True for the tree that V8 wrote before it wrote `nodes`. */
const isOldCpuProfile = (json: unknown): boolean => {
  const head = asRecord(headOf(asRecord(json)));
  return head?.['functionName'] !== undefined && asList(head['children']) !== undefined;
};

/** The node of each sample. */
function samplesOf(file: string, profile: Fields, nodes: ReadonlyMap<number, StackNode>): readonly number[] {
  return (asList(profile['samples']) ?? []).map((each, i) => {
    const node = asNumber(each);
    if (node === undefined || !nodes.has(node))
      throw damaged(file, `samples[${i}] names the node ${String(node)}, which “nodes” does not have`);
    return node;
  });
}

const isTimed = (profile: Fields): boolean =>
  (asList(profile['timeDeltas'])?.length ?? 0) > 0 || (asList(profile['timestamps'])?.length ?? 0) > 0;

/** Samples with their moments in microseconds. */
function timed(profile: Fields, samples: readonly number[], startMicros: number): readonly TimedSample[] {
  const [deltas, stamps] = [asList(profile['timeDeltas']), asList(profile['timestamps'])];
  let now = startMicros;
  return samples.map((node, i) => {
    now = deltas === undefined ? (asTime(stamps?.[i]) ?? now) : now + (asTime(deltas[i]) ?? 0);
    return { node, at: now };
  });
}

/** The nodes with what the list of samples says of each, whatever they say themselves. */
function countHits(nodes: ReadonlyMap<number, StackNode>, samples: readonly number[]): ReadonlyMap<number, StackNode> {
  const hits = new Map<number, number>();
  for (const node of samples) hits.set(node, (hits.get(node) ?? 0) + 1);
  return new Map([...nodes].map(([id, node]) => [id, { ...node, hits: hits.get(id) ?? 0 }]));
}

function readNodes(file: string, value: unknown): ReadonlyMap<number, StackNode> {
  const list = asList(value);
  if (list === undefined) throw damaged(file, 'the field “nodes” is missing or not a list');
  const nodes = new Map<number, StackNode>();
  for (const [i, each] of list.entries()) {
    const node = asRecord(each);
    const [id, made] = [asNumber(node?.['id']), node === undefined ? null : stackNode(node)];
    if (id === undefined || made === null) throw damaged(file, `nodes[${i}] lacks “id” or “callFrame”`);
    nodes.set(id, made);
  }
  for (const each of list) {
    const node = asRecord(each);
    for (const child of asList(node?.['children']) ?? []) {
      const below = nodes.get(asNumber(child) ?? NaN);
      if (below !== undefined) below.parent = asNumber(node?.['id']);
    }
  }
  return nodes;
}

/** The nodes of the old tree. Its lines count from 1, those of `callFrame` from 0. */
function nodesBelow(file: string, head: unknown): ReadonlyMap<number, StackNode> {
  const nodes = new Map<number, StackNode>();
  eachBelow(head, (node, parent) => {
    const id = asNumber(node['id']);
    if (id === undefined) throw damaged(file, `the node “${frameName(node)}” below “head” lacks “id”`);
    nodes.set(id, { name: oldName(node), parent, hits: Math.max(0, asNumber(node['hitCount']) ?? 0) });
    return id;
  });
  return nodes;
}

/** The tree of the oldest form, whose nodes have no number and say in milliseconds how long they ran. */
function treeOfOldest(file: string, profile: Fields): FlameNode {
  const nodes = new Map<number, StackNode>();
  const selfNanos = new Map<number, number>();
  eachBelow(headOf(profile), (node, parent) => {
    const [id, millis] = [nodes.size, asNumber(node['selfTime'])];
    if (millis === undefined) throw damaged(file, `the node “${frameName(node)}” has neither “id” nor “selfTime”`);
    nodes.set(id, { name: oldName(node), parent, hits: 0 });
    selfNanos.set(id, millis * 1e6);
    return id;
  });
  return treeOfSelfTimes(file, file, nodes, selfNanos);
}

const oldName = (node: Fields): string =>
  frameName({ ...node, url: node['url'] ?? node['scriptName'], lineNumber: (asNumber(node['lineNumber']) ?? 0) - 1 });

/** Goes through an old tree from its head down, without recursion; `take` gives each node's number, which its children are told. */
function eachBelow(head: unknown, take: (node: Fields, parent: number | undefined) => number): void {
  const waiting: { readonly node: Fields; readonly parent: number | undefined }[] = [{ node: asRecord(head) ?? {}, parent: undefined }];
  for (let next = waiting.pop(); next !== undefined; next = waiting.pop()) {
    const id = take(next.node, next.parent);
    for (const child of asList(next.node['children']) ?? []) {
      const below = asRecord(child);
      if (below !== undefined) waiting.push({ node: below, parent: id });
    }
  }
}
