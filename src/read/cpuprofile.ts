import type { ForeignProfile } from '../model/foreign.js';
import { asList, asNumber, asRecord, asText, damaged, TreeBuilder } from './foreign-profile.js';

interface CpuNode {
  readonly name: string;
  parent: number | undefined;
  readonly hits: number;
}

/**
 * V8's `.cpuprofile`: `nodes` with `callFrame` and `children` (or `parent`), `samples` and `timeDeltas` in
 * microseconds. A sample lasts until the next one; deltas may be negative, so samples are put in order first.
 *
 * @throws UserError that names the field at fault
 */
export function readCpuProfile(name: string, json: unknown): readonly ForeignProfile[] {
  const profile = asRecord(json);
  const nodes = readNodes(name, profile?.['nodes']);
  const samples = asList(profile?.['samples']);
  const deltas = asList(profile?.['timeDeltas']);
  const builder = new TreeBuilder(name);
  const path = pathsOf(name, nodes);
  if (samples === undefined || deltas === undefined || samples.length === 0) {
    for (const [id, node] of nodes) if (node.hits > 0) builder.add(path(id), node.hits);
    return [{ name, format: 'cpuprofile', unit: 'count', taken: 'samples', tree: builder.finish('counts'), notes: ['This profile has no time stamps: a hit is shown as 1 ns.'] }];
  }
  const start = asNumber(profile?.['startTime']) ?? 0;
  const end = asNumber(profile?.['endTime']);
  let now = start;
  const timed = samples.map((id, i) => ({ id: asNumber(id), at: (now += asNumber(deltas[i]) ?? 0) })).sort((a, b) => a.at - b.at);
  timed.forEach(({ id, at }, i) => {
    if (id === undefined || !nodes.has(id)) throw damaged(name, `samples[${i}] names the node ${String(id)}, which “nodes” does not have`);
    const until = timed[i + 1]?.at ?? Math.max(at, end ?? at);
    builder.add(path(id), Math.max(0, (until - at) * 1000));
  });
  return [{ name, format: 'cpuprofile', unit: 'time', taken: 'samples', tree: builder.finish('samples'), notes: [] }];
}

function readNodes(file: string, value: unknown): ReadonlyMap<number, CpuNode> {
  const list = asList(value);
  if (list === undefined) throw damaged(file, 'the field “nodes” is missing or not a list');
  const nodes = new Map<number, CpuNode>();
  for (const [i, each] of list.entries()) {
    const node = asRecord(each);
    const id = asNumber(node?.['id']);
    const frame = asRecord(node?.['callFrame']);
    if (id === undefined || frame === undefined) throw damaged(file, `nodes[${i}] lacks “id” or “callFrame”`);
    nodes.set(id, { name: frameName(frame), parent: asNumber(node?.['parent']), hits: asNumber(node?.['hitCount']) ?? 0 });
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

function frameName(frame: Readonly<Record<string, unknown>>): string {
  const name = asText(frame['functionName']) ?? '';
  const url = asText(frame['url']) ?? '';
  const place = url === '' ? '' : ` ${url.split('/').at(-1) ?? ''}:${(asNumber(frame['lineNumber']) ?? -1) + 1}`;
  return `${name === '' ? '(anonymous)' : name}${place}`;
}

/** Path of a node without V8's own `(root)`; remembered, and a cycle is an error instead of a hang. */
function pathsOf(file: string, nodes: ReadonlyMap<number, CpuNode>): (id: number) => readonly string[] {
  const known = new Map<number, readonly string[]>();
  return (id) => {
    const cached = known.get(id);
    if (cached !== undefined) return cached;
    const path: string[] = [];
    const seen = new Set<number>();
    for (let at: number | undefined = id; at !== undefined; at = nodes.get(at)?.parent) {
      if (seen.has(at)) throw damaged(file, `the node ${at} is its own ancestor`);
      seen.add(at);
      const node = nodes.get(at);
      if (node !== undefined && !(node.name === '(root)' && node.parent === undefined)) path.push(node.name);
    }
    known.set(id, path.reverse());
    return path;
  };
}
