import type { ProfileNode, ProfileSpan, RunProfile } from './decode-profile.js';

/**
 * Finds the node in whose subgraph (`If`, `Loop`, `Scan`) each kernel ran: the innermost of its thread that covers it and an
 * execution of a graph that covers it, too. Kernels that merely ran side by side cover no execution.
 *
 * @returns for each node its parent's index, or -1
 */
export function parentsOf({ nodes, executions }: RunProfile): Int32Array {
  const parents = new Int32Array(nodes.length).fill(-1);
  // The first and longest is the model's own graph, which in whole microseconds may look as long as its only kernel.
  const [, ...inner] = executions.toSorted((a, b) => a.start - b.start || b.duration - a.duration);
  let open: number[] = [];
  let openExecutions: readonly ProfileSpan[] = [];
  let next = 0;
  nodes.forEach((node, index) => {
    for (let execution = inner[next]; execution !== undefined && execution.start <= node.start; execution = inner[++next])
      openExecutions = [...openExecutions, execution];
    openExecutions = openExecutions.filter((execution) => endOf(execution) >= endOf(node));
    open = open.filter((other) => endOf(nodes[other]) >= endOf(node));
    parents[index] =
      open.findLast((other) => {
        const candidate = nodes[other];
        return candidate !== undefined && openExecutions.some((execution) => within(execution, candidate));
      }) ?? -1;
    open.push(index);
  });
  return parents;
}

type Bounds = Pick<ProfileNode, 'start' | 'duration' | 'thread'>;

const endOf = (span: Bounds | undefined): number => (span === undefined ? 0 : span.start + span.duration);

const within = (inner: Bounds, outer: Bounds): boolean =>
  inner.thread === outer.thread && inner.start >= outer.start && endOf(inner) <= endOf(outer);
