import type { V8Node, V8Profile } from '../../record/v8-profile.js';
import { timedSamples, treeOf } from '../../record/v8-profile.js';

/** Names of generated functions around native operations; see src/engines/tensorflow/seams/named-binding.ts. */
const NATIVE = /^tf_(?:op_\w+|upload|fetch|session_run)$/;

/**
 * A profile that every reader shows rightly: a nameless native function below a named native operation is put into
 * it, other nameless ones are called `(native)` or `(anonymous)`, samples stand in the order of time, and hit counts
 * are counted from the samples.
 */
export function repairProfile(profile: V8Profile): V8Profile {
  const tree = treeOf(profile);
  const merged = new Map<number, number>();
  for (const { id, callFrame } of profile.nodes) {
    const parent = tree.parents.get(id);
    const above = parent === undefined ? undefined : tree.nodes.get(parent);
    if (parent !== undefined && above !== undefined && isNative(callFrame) && NATIVE.test(above.callFrame.functionName))
      merged.set(id, parent);
  }
  const target = (id: number): number => merged.get(id) ?? id;
  const samples = timedSamples(profile).map(({ id, at }) => ({ id: target(id), at }));
  const hits = new Map<number, number>();
  for (const { id } of samples) hits.set(id, (hits.get(id) ?? 0) + 1);
  let last = profile.startTime;
  return {
    ...profile,
    nodes: profile.nodes.filter(({ id }) => !merged.has(id)).map((node) => repairNode(node, merged, tree.nodes, hits)),
    samples: samples.map(({ id }) => id),
    timeDeltas: samples.map(({ at }) => {
      const delta = at - last;
      last = at;
      return delta;
    }),
  };
}

/** What was below a node that is no more comes under its parent. */
function repairNode(
  node: V8Node,
  merged: ReadonlyMap<number, number>,
  nodes: ReadonlyMap<number, V8Node>,
  hits: ReadonlyMap<number, number>,
): V8Node {
  const children = (node.children ?? []).flatMap((child) => (merged.has(child) ? (nodes.get(child)?.children ?? []) : [child]));
  const { functionName } = node.callFrame;
  return {
    ...node,
    callFrame: {
      ...node.callFrame,
      functionName: functionName !== '' ? functionName : isNative(node.callFrame) ? '(native)' : '(anonymous)',
    },
    hitCount: hits.get(node.id) ?? 0,
    ...(children.length > 0 ? { children } : { children: [] }),
  };
}

const isNative = ({ functionName, url }: V8Node['callFrame']): boolean => functionName === '' && url === '';
