import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { ProfileNode, ProfileSpan, RunProfile } from '../../../../src/engines/onnxruntime/session/decode-profile.js';
import { placeNodes, NO_SHARE } from '../../../../src/engines/onnxruntime/session/layout.js';

const node = (name: string, start: number, duration: number, thread = 1): ProfileNode => ({
  name,
  op: 'Add',
  provider: '',
  start,
  duration,
  thread,
  inputs: [],
  outputs: [],
  outputBytes: 0,
  allocatedBytes: 0,
});
const execution = (start: number, duration: number): ProfileSpan => ({ start, duration, thread: 1 });
const profile = (nodes: readonly ProfileNode[], executions: readonly ProfileSpan[] = []): RunProfile => ({
  nodes,
  executions,
  modelRun: null,
});

describe('placeNodes', () => {
  it('takes the profiler out of each kernel and of the gap behind it, and moves up what follows', () => {
    const placed = placeNodes(profile([node('a', 100, 50), node('b', 160, 30)]), 1, { insideNanos: 20, outsideNanos: 8 });
    expect(placed).toEqual([
      { parent: -1, startNanos: 100, durationNanos: 30, wallNanos: 30 },
      { parent: -1, startNanos: 132, durationNanos: 10, wallNanos: 10 },
    ]);
  });

  it('takes no more than there is', () => {
    const placed = placeNodes(profile([node('a', 0, 5), node('b', 6, 5)]), 1, { insideNanos: 20, outsideNanos: 8 });
    expect(placed.map(({ startNanos, durationNanos }) => [startNanos, durationNanos])).toEqual([
      [0, 0],
      [0, 0],
    ]);
  });

  it('leaves a loop as long as its iterations and what it does itself', () => {
    const nodes = [node('loop', 0, 110), node('body', 10, 30), node('body', 50, 30)];
    const placed = placeNodes(profile(nodes, [execution(0, 200), execution(5, 40), execution(46, 44)]), 1, {
      insideNanos: 20,
      outsideNanos: 5,
    });
    // 110 less the share of three kernels and of the two gaps.
    expect(placed).toEqual([
      { parent: -1, startNanos: 0, durationNanos: 40, wallNanos: 20 },
      { parent: 0, startNanos: 10, durationNanos: 10, wallNanos: 10 },
      { parent: 0, startNanos: 25, durationNanos: 10, wallNanos: 10 },
    ]);
  });

  it('takes kernels that ran side by side for no loop, and shares their time out', () => {
    const placed = placeNodes(profile([node('a', 0, 100), node('b', 10, 20, 2)], [execution(0, 100)]), 1000, NO_SHARE);
    expect(placed.map(({ parent, wallNanos }) => [parent, wallNanos])).toEqual([
      [-1, 90_000],
      [-1, 10_000],
    ]);
  });

  it('keeps the order, holds what is inside, and adds up to no more than was measured, for any tree of kernels', () => {
    const share = { insideNanos: 3, outsideNanos: 2 };
    const trees = fc.array(fc.tuple(fc.nat(20), fc.nat(40), fc.array(fc.tuple(fc.nat(9), fc.nat(9)), { maxLength: 4 })), { maxLength: 8 });
    fc.assert(
      fc.property(trees, (drawn) => {
        const nodes: ProfileNode[] = [];
        const executions: ProfileSpan[] = [];
        let at = 0;
        for (const [gap, own, inside] of drawn) {
          const start = (at += gap + 1);
          const body = start + 1;
          at = body;
          const inner = inside.map(([before, duration]) => {
            const child = node('inner', (at += before), duration);
            at += duration + 1;
            return child;
          });
          executions.push(execution(body, at - body));
          at += own + 1;
          nodes.push(node('outer', start, at - start), ...inner);
        }
        const placed = placeNodes(profile(nodes, [execution(0, at + 1), ...executions]), 1, share);
        placed.forEach(({ parent, startNanos, durationNanos, wallNanos }, index) => {
          expect(wallNanos).toBeGreaterThanOrEqual(0);
          expect(durationNanos).toBeLessThanOrEqual(nodes[index]!.duration);
          expect(startNanos).toBeGreaterThanOrEqual(placed[index - 1]?.startNanos ?? 0);
          const holder = placed[parent];
          expect(nodes[index]!.name === 'inner').toBe(holder !== undefined);
          if (holder !== undefined) expect(startNanos + durationNanos).toBeLessThanOrEqual(holder.startNanos + holder.durationNanos);
        });
        const tops = placed.filter(({ parent }) => parent < 0).reduce((sum, { durationNanos }) => sum + durationNanos, 0);
        expect(placed.reduce((sum, { wallNanos }) => sum + wallNanos, 0)).toBe(tops);
      }),
    );
  });
});
