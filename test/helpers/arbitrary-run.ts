import fc from 'fast-check';
import { SPAN_KINDS } from '../../src/model/span.js';
import { STAGES } from '../../src/model/stage.js';
import type { DrawnCall, DrawnRun, DrawnSpan } from './recordings.js';

const stage = fc.constantFrom(...STAGES);
const kind = fc.constantFrom(...SPAN_KINDS);
const name = fc.constantFrom('a', 'b', 'c', 'MatMul');

interface Shape {
  readonly name: string;
  readonly stage: (typeof STAGES)[number];
  readonly kind: (typeof SPAN_KINDS)[number];
  readonly gap: number;
  readonly length: number;
  readonly children: readonly Shape[];
}

const shape = (gap: fc.Arbitrary<number>): fc.Arbitrary<Shape> =>
  fc.letrec<{ node: Shape }>((tie) => ({
    node: fc.record({
      name,
      stage,
      kind,
      gap,
      length: fc.nat(50),
      children: fc.oneof({ depthSize: 'small' }, fc.constant([]), fc.array(tie('node'), { maxLength: 4 })),
    }),
  })).node;

/** Nested: children follow each other inside their parent, which is as long as they need and its own `length` more. */
function nest(drawn: Shape, start: number): DrawnSpan {
  let cursor = start;
  const children = drawn.children.map((child) => {
    const made = nest(child, cursor + child.gap);
    cursor = made.start + made.duration;
    return made;
  });
  return { ...drawn, start, duration: cursor - start + drawn.length, children };
}

/** Wild: children start anywhere, overlap and stick out. */
function scatter(drawn: Shape, start: number): DrawnSpan {
  const children = drawn.children.map((child) => scatter(child, start + child.gap));
  return { ...drawn, start, duration: drawn.length * 3, children };
}

const pauses = fc.array(fc.record({ startNanos: fc.nat(2000), durationNanos: fc.nat(80), type: fc.constant('scavenge') }), {
  maxLength: 6,
});

/** Runs of a few calls, nested or wild, with pauses of garbage collection and a tool cost. */
export const arbitraryRun = (form: 'nested' | 'wild'): fc.Arbitrary<DrawnRun> => {
  const gap = form === 'nested' ? fc.nat(20) : fc.integer({ min: -40, max: 120 });
  const call = fc.record({
    shape: shape(gap),
    async: fc.boolean(),
    traced: fc.boolean(),
    temperature: fc.constantFrom('warm', 'warm', 'cold-session', 'cold-signature') as fc.Arbitrary<'warm'>,
    round: fc.integer({ min: -1, max: 3 }),
  });
  const tool = fc.record({ insideNanos: fc.float({ min: 0, max: 9, noNaN: true }), outsideNanos: fc.nat(9) });
  return fc.record({ calls: fc.array(call, { maxLength: 5 }), gc: pauses, tool }).map(({ calls, gc, tool: cost }) => ({
    gc,
    tool: cost,
    calls: calls.map(({ shape: drawn, ...rest }, index): DrawnCall => {
      const root = form === 'nested' ? nest(drawn, index * 400) : scatter(drawn, index * 400);
      return { ...rest, root };
    }),
  }));
};
