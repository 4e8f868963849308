import type { ForeignProfile } from '../../model/foreign.js';
import { asList, asNumber, asRecord, asTime, damaged } from '../checks.js';
import { frameName, stackNode, treeOfHits, treeOfSamples, type StackNode, type TimedSample } from '../sampled-stacks.js';

type Fields = Readonly<Record<string, unknown>>;

/**
 * V8's `.cpuprofile`: `nodes` with `callFrame` and `children` (or `parent`), `samples` and `timeDeltas` in
 * microseconds; or, as it was until 2016, a tree from `head` down, with `timestamps`. A sample lasts until the next one;
 * deltas may be negative, so samples are put in order first.
 *
 * @throws UserError that names the field at fault
 */
export function readCpuProfile(name: string, json: unknown): readonly ForeignProfile[] {
  const profile = asRecord(json) ?? {};
  const isOld = profile['nodes'] === undefined;
  const nodes = isOld ? nodesBelow(name, profile['head']) : readNodes(name, profile['nodes']);
  const samples = timedSamples(name, profile, nodes, isOld);
  if (samples === null) {
    return [
      {
        name,
        format: 'cpuprofile',
        unit: 'count',
        taken: 'samples',
        tree: treeOfHits(name, name, nodes),
        notes: ['This profile has no time stamps: a hit is shown as 1 ns.'],
      },
    ];
  }
  // The old form has these two in seconds, and samples in microseconds.
  const end = asTime(profile['endTime']);
  const endMicros = end === undefined ? null : isOld ? end * 1e6 : end;
  return [
    { name, format: 'cpuprofile', unit: 'time', taken: 'samples', tree: treeOfSamples(name, name, nodes, samples, endMicros), notes: [] },
  ];
}

/** True for the tree that V8 wrote before it wrote `nodes`. */
export const isOldCpuProfile = (json: unknown): boolean => {
  const head = asRecord(asRecord(json)?.['head']);
  return head?.['functionName'] !== undefined && asList(head['children']) !== undefined;
};

/** Samples with their moments in microseconds; null where nothing says when they were. */
function timedSamples(file: string, profile: Fields, nodes: ReadonlyMap<number, StackNode>, isOld: boolean): readonly TimedSample[] | null {
  const samples = asList(profile['samples']);
  const [deltas, stamps] = [asList(profile['timeDeltas']), asList(profile['timestamps'])];
  if (samples === undefined || samples.length === 0 || (deltas ?? stamps) === undefined) return null;
  let now = isOld ? 0 : (asTime(profile['startTime']) ?? 0);
  return samples.map((each, i) => {
    const node = asNumber(each);
    if (node === undefined || !nodes.has(node))
      throw damaged(file, `samples[${i}] names the node ${String(node)}, which “nodes” does not have`);
    now = deltas === undefined ? (asTime(stamps?.[i]) ?? now) : now + (asTime(deltas[i]) ?? 0);
    return { node, at: now };
  });
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

/** The nodes of the old tree, from its head down without recursion. Its lines count from 1, those of `callFrame` from 0. */
function nodesBelow(file: string, head: unknown): ReadonlyMap<number, StackNode> {
  const nodes = new Map<number, StackNode>();
  const waiting: { readonly node: Fields; readonly parent: number | undefined }[] = [{ node: asRecord(head) ?? {}, parent: undefined }];
  for (let next = waiting.pop(); next !== undefined; next = waiting.pop()) {
    const { node, parent } = next;
    const id = asNumber(node['id']);
    if (id === undefined) throw damaged(file, `the node “${frameName(node)}” below “head” lacks “id”`);
    nodes.set(id, {
      name: frameName({ ...node, lineNumber: (asNumber(node['lineNumber']) ?? 0) - 1 }),
      parent,
      hits: Math.max(0, asNumber(node['hitCount']) ?? 0),
    });
    for (const child of asList(node['children']) ?? []) {
      const below = asRecord(child);
      if (below !== undefined) waiting.push({ node: below, parent: id });
    }
  }
  return nodes;
}
