import type { Profiler } from 'node:inspector';

/** V8's profile as the inspector gives it; `.cpuprofile` files are exactly this as JSON. */
export type V8Profile = Profiler.Profile;
export type V8Node = Profiler.ProfileNode;

/** A node by its id, and its parent's id. */
export interface V8Tree {
  readonly nodes: ReadonlyMap<number, V8Node>;
  readonly parents: ReadonlyMap<number, number>;
}

export function treeOf(profile: V8Profile): V8Tree {
  const parents = new Map<number, number>();
  for (const node of profile.nodes) for (const child of node.children ?? []) parents.set(child, node.id);
  return { nodes: new Map(profile.nodes.map((node) => [node.id, node])), parents };
}

/** Nodes from the root (left out) down to one of them. */
export function stackOf({ nodes, parents }: V8Tree, id: number): readonly V8Node[] {
  const stack: V8Node[] = [];
  for (let at: number | undefined = id; at !== undefined; at = parents.get(at)) {
    const node = nodes.get(at);
    if (node !== undefined && parents.has(at)) stack.push(node);
  }
  return stack.reverse();
}

/** Samples with the time each was taken at, microseconds of V8's clock, in order: V8 may write them a little out of it. */
export function timedSamples({
  startTime,
  samples = [],
  timeDeltas = [],
}: V8Profile): readonly { readonly id: number; readonly at: number }[] {
  let now = startTime;
  return samples.map((id, i) => ({ id, at: (now += timeDeltas[i] ?? 0) })).sort((a, b) => a.at - b.at);
}
