import { addToGroup } from '../../model/add-to-group.js';

/** A begin or an end of something in a Chrome trace. */
export interface Edge<Begun> {
  readonly name: string | null;
  readonly at: number;
  /** What is matched with each other: a thread, or a category with an id. */
  readonly lane: string;
  /** Where an end looks when its own lane has no begin for it: the same id in another process. */
  readonly widerLane: string | null;
  /** What began; null for an end. */
  readonly begun: Begun | null;
}

export interface Pairs<Begun> {
  /** In the order in which they began: what begins and ends at the moments of another lies within the one that began before. */
  readonly closed: readonly { readonly begun: Begun; readonly start: number; readonly end: number }[];
  readonly neverEnd: number;
  readonly neverBegin: number;
}

interface Waiting<Begun> {
  readonly edge: Edge<Begun>;
  readonly begun: Begun;
  /** When its end was found. */
  end: number | null;
}

/**
 * Pairs begins with ends, by time and not by their order in the file: an end belongs to the innermost that is open under
 * its name, a nameless one to the innermost of all. What was never ended must not take another one's end.
 */
export function pairEdges<Begun>(edges: Edge<Begun>[]): Pairs<Begun> {
  const all: Waiting<Begun>[] = [];
  const open = new Map<string, Waiting<Begun>[]>();
  let neverBegin = 0;
  // Of equal times the order in the file decides: sorting is stable.
  for (const edge of edges.sort((a, b) => a.at - b.at)) {
    if (edge.begun !== null) {
      const waiting = { edge, begun: edge.begun, end: null };
      all.push(waiting);
      for (const key of keysOf(edge)) addToGroup(open, key, waiting);
      continue;
    }
    const found = keysOf(edge)
      .map((key) => innermost(open.get(key) ?? []))
      .find((each) => each !== undefined);
    if (found === undefined) neverBegin++;
    else found.end = edge.at;
  }
  const closed = all.flatMap(({ begun, edge, end }) => (end === null ? [] : [{ begun, start: edge.at, end }]));
  return { closed, neverEnd: all.length - closed.length, neverBegin };
}

/** By name in its lane, then in the wider one; ends without a name look at all of their lane. */
function keysOf<Begun>({ name, lane, widerLane, begun }: Edge<Begun>): readonly string[] {
  const lanes = widerLane === null ? [lane] : [lane, widerLane];
  const named = name === null ? [] : lanes.map((each) => `${each}\n${name}`);
  return begun === null && name !== null ? named : [...named, ...lanes];
}

function innermost<Begun>(waiting: Waiting<Begun>[]): Waiting<Begun> | undefined {
  while (typeof waiting.at(-1)?.end === 'number') waiting.pop();
  return waiting.pop();
}
