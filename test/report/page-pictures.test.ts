import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { assignLanes } from '../../src/formats/chrome-trace/lanes.js';
import { childrenOf, preOrder } from '../../src/model/pre-order.js';
import { layOut, type Order } from '../../src/report/page/browser/layout.js';
import { criticalPath } from '../../src/model/critical-path.js';
import { nesting, type Frames } from '../../src/report/page/browser/frames.js';
import { mergeFrames, oneSidedShare } from '../../src/report/page/browser/merge.js';
import { sandwichOf } from '../../src/report/page/browser/sandwich.js';
import { SPAN_KINDS } from '../../src/model/span.js';

interface Drawn {
  readonly name: number;
  readonly children: readonly Drawn[];
}

/** Spans drawn as text: a line a span, indented under its parent, `name` and a bar whose columns are nanoseconds. */
function drawSpans(text: string) {
  const lines = text.split('\n').filter((line) => line.includes('|'));
  const names: string[] = [];
  const stack: number[] = [];
  const spans: { start: number; duration: number; parent: number }[] = [];
  lines.forEach((line, row) => {
    const [label = '', bar = ''] = line.split('|');
    const depth = (label.length - label.trimStart().length) / 2;
    stack.length = depth;
    names.push(label.trim());
    spans.push({ start: bar.indexOf('='), duration: bar.lastIndexOf('=') - bar.indexOf('=') + 1, parent: stack.at(-1) ?? -1 });
    stack.push(row);
  });
  return { names, start: spans.map((s) => s.start), duration: spans.map((s) => s.duration), parent: spans.map((s) => s.parent), spans };
}

const lanesOf = (text: string): Record<string, number> => {
  const { names, spans } = drawSpans(text);
  const { lane: lanes } = assignLanes(spans.map((s) => ({ startNanos: s.start, endNanos: s.start + s.duration, parent: s.parent })));
  return Object.fromEntries(names.map((name, i) => [name, lanes[i]!]));
};

describe('lanes', () => {
  it('keeps a stack on one lane and puts what ran beside it on another', () => {
    expect(
      lanesOf(`
call     |==========
  a      | ====
    a1   | ==
    a2   |   ==
  b      | ==
  c      |      ===
other    |    =========
`),
    ).toEqual({ call: 0, a: 0, a1: 0, a2: 0, b: 1, c: 0, other: 1 });
  });
});

describe('pre-order', () => {
  it('puts parents before children and keeps subtrees and the order of siblings together, however deep', () => {
    const recursive = (node: Drawn): number[] => [node.name, ...node.children.flatMap(recursive)];
    fc.assert(
      fc.property(fc.array(fc.nat(), { maxLength: 30 }), (above) => {
        const drawn: { name: number; children: Drawn[] }[] = [{ name: 0, children: [] }];
        above.forEach((place, i) => {
          const child = { name: i + 1, children: [] };
          drawn[place % drawn.length]!.children.push(child);
          drawn.push(child);
        });
        const { nodes, parent } = preOrder<Drawn>(drawn[0]!, childrenOf);
        expect(nodes.map(({ name }) => name)).toEqual(recursive(drawn[0]!));
        nodes.forEach((node, row) => {
          if (row > 0) expect(nodes[parent[row]!]!.children).toContain(node);
        });
      }),
    );
    let deep: Drawn = { name: 0, children: [] };
    for (let i = 1; i <= 50_000; i++) deep = { name: i, children: [deep] };
    expect(preOrder(deep, childrenOf).nodes).toHaveLength(50_001);
  });
});

describe('the layout', () => {
  const rows = (order: Order): string[] => {
    const frames = drawFrames(`
call 2
  small 1
    a 1
    b 3
  large 6
    c 0
`);
    const { byDepth, left, width } = layOut(frames, frames.self[0]!, order);
    return byDepth.map((level) =>
      [...level].map((row) => `${frames.names[row]} ${(left[row]! * 13).toFixed(0)}+${(width[row]! * 13).toFixed(0)}`).join(', '),
    );
  };

  it('puts the widest first, or all as they ran, and leaves out what has no width', () => {
    expect(rows('width')).toEqual(['call 0+13', 'large 0+6, small 6+5', 'b 6+3, a 9+1']);
    expect(rows('time')).toEqual(['call 0+13', 'small 0+5, large 5+6', 'a 0+1, b 1+3']);
  });
});

describe('the critical path', () => {
  const pathOf = (text: string): Record<string, number> => {
    const drawn = drawSpans(text);
    const path = criticalPath(drawn, [0]);
    return Object.fromEntries(drawn.names.map((name, i) => [name, path[i]!]));
  };

  it('leaves out the branch that was waited for by nobody', () => {
    expect(
      pathOf(`
call     |==========
  long   | =====
  short  | ==
  join   |      ===
`),
    ).toEqual({ call: 2, long: 5, short: 0, join: 3 });
  });

  it('goes down into what it waits for', () => {
    expect(
      pathOf(`
call     |==========
  branch |=======
    op   | ====
  late   |        =
`),
    ).toEqual({ call: 2, branch: 3, op: 4, late: 1 });
  });

  it('does not count the start of what was still running when the last part began', () => {
    expect(
      pathOf(`
call     |==========
  branch |=======
    op   | ====
  late   |   ======
`),
    ).toEqual({ call: 4, branch: 0, op: 0, late: 6 });
  });

  it('adds up to the call, and gives no span more than its length, whatever ran beside what', () => {
    const tree = fc.array(fc.record({ parent: fc.nat(), from: fc.nat({ max: 99 }), length: fc.nat({ max: 60 }) }), { maxLength: 25 });
    fc.assert(
      fc.property(tree, (drawn) => {
        const start = [0, ...drawn.map(({ from }) => from)];
        const duration = [100, ...drawn.map(({ length }) => length)];
        const parent = [-1, ...drawn.map(({ parent: above }, i) => above % (i + 1))];
        const path = criticalPath({ start, duration, parent }, [0]);
        expect(path.reduce((sum, value) => sum + value, 0)).toBe(100);
        path.forEach((value, row) => {
          expect(value).toBeGreaterThanOrEqual(0);
          expect(value).toBeLessThanOrEqual(duration[row]!);
        });
      }),
    );
  });
});

/** A tree drawn as text, a frame a line, indented; the figure is self time. */
function drawFrames(text: string): Frames {
  const lines = text.split('\n').filter((line) => line.trim() !== '');
  const stack: number[] = [];
  const parent = Int32Array.from(lines, (line, row) => {
    stack.length = (line.length - line.trimStart().length) / 2;
    const above = stack.at(-1) ?? -1;
    stack.push(row);
    return above;
  });
  const self = Float64Array.from(lines, (line) => Number(/\d+$/.exec(line)?.[0] ?? 0));
  const total = self.slice();
  for (let row = lines.length - 1; row > 0; row--) total[parent[row]!]! += total[row]!;
  const kind = Uint8Array.from(lines, (_, row) => SPAN_KINDS.indexOf(row === 0 ? 'call' : 'kernel'));
  return {
    length: lines.length,
    names: lines.map((line) => line.trim().replace(/ \d+$/, '')),
    shapes: lines.map(() => ''),
    parent,
    ...nesting(parent),
    stage: new Uint8Array(lines.length),
    kind,
    self: [self],
    total: [total],
    count: [Float64Array.from(lines, () => 1)],
    doubt: null,
  };
}

const shown = (frames: Frames): string[] =>
  frames.names.map((name, row) => `${'  '.repeat(frames.depth[row]!)}${name} ${frames.total[0]![row]!}`);

describe('grouping', () => {
  const drawn = drawFrames(`
call 1
  dense 2
    MatMul 3
      native 7
    Add 4
  lstm 0
    MatMul 5
`);
  const kinds = ['call', 'layer', 'kernel', 'native', 'kernel', 'layer', 'kernel'] as const;
  const tree: Frames = { ...drawn, kind: Uint8Array.from(kinds, (kind) => SPAN_KINDS.indexOf(kind)) };

  it('goes by layer or by operation, the native part with its operation', () => {
    expect(shown(mergeFrames(tree, 'layer'))).toEqual([
      'call 22',
      '  data adapter 22',
      '    call 1',
      '    dense 16',
      '      MatMul 10',
      '      Add 4',
      '    lstm 5',
      '      MatMul 5',
    ]);
    expect(shown(mergeFrames(tree, 'operation'))).toEqual([
      'call 22',
      '  data adapter 22',
      '    call 1',
      '    dense 2',
      '    MatMul 15',
      '      dense 10',
      '      lstm 5',
      '    Add 4',
      '      dense 4',
    ]);
  });
});

describe('a difference grouped by operation', () => {
  const names = ['call', 'FusedConv2D', 'Conv2D', 'Relu', '_FusedConv2D'];
  const kinds = ['call', 'dispatch', 'kernel', 'kernel', 'kernel'] as const;
  const sides = [
    [1, 30, 50, 9, 0],
    [2, 0, 0, 0, 51],
  ].map((side) => Float64Array.from(side));
  const tree: Frames = {
    ...drawFrames(`
call 1
  dispatch 1
    conv 1
    relu 1
  fused 1
`),
    names,
    kind: Uint8Array.from(kinds, (kind) => SPAN_KINDS.indexOf(kind)),
    self: sides,
    total: [
      [90, 89, 50, 9, 0],
      [53, 0, 0, 0, 51],
    ].map((side) => Float64Array.from(side)),
    count: [
      [1, 1, 1, 1, 0],
      [1, 0, 0, 0, 1],
    ].map((side) => Float64Array.from(side)),
  };

  it('lines the fused kernel of a graph up with the convolution of the eager run, and calls dispatch what it is', () => {
    const merged = mergeFrames(tree, 'operation');
    const found = Object.fromEntries(merged.names.map((name, row) => [name, [merged.self[0]![row], merged.self[1]![row]]]));
    expect(found).toMatchObject({ Conv2D: [50, 51], Relu: [9, 0], dispatch: [30, 0] });
  });

  it('is what is shown first where most of the time is in frames of one side', () => {
    expect(oneSidedShare(tree)).toBeCloseTo((30 + 50 + 9 + 51) / 143, 9);
    expect(oneSidedShare({ ...tree, total: tree.self })).toBeGreaterThan(0.3);
    expect(oneSidedShare({ ...tree, self: [sides[0]!, sides[0]!], total: [sides[0]!, sides[0]!] })).toBe(0);
  });
});

describe('callers and callees', () => {
  const tree = drawFrames(`
call 1
  a 2
    op 10
      inner 5
  b 3
    op 20
      op 4
`);
  const { callers, callees, places } = sandwichOf(tree, 'op', SPAN_KINDS.indexOf('kernel'));

  it('turns the tree around: each caller with the time spent below it', () => {
    expect(shown(callers)).toEqual(['op 39', '  a 15', '    call 15', '  b 24', '    call 24']);
    expect(places).toBe(2);
  });

  it('puts what is called together, a name inside itself once', () => {
    expect(shown(callees)).toEqual(['op 39', '  inner 5', '  op 4']);
  });

  it('loses and invents no time, whichever way it is grouped', () => {
    for (const grouping of ['layer', 'operation'] as const) expect(mergeFrames(tree, grouping).total[0]![0]).toBe(45);
    for (const name of ['a', 'b', 'inner']) {
      const sandwich = sandwichOf(tree, name, SPAN_KINDS.indexOf('kernel'));
      expect(sandwich.callers.total[0]![0]).toBe(sandwich.callees.total[0]![0]);
    }
  });
});
