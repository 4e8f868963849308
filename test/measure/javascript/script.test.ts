import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { withScripts } from '../../../src/analyse/graft-scripts.js';
import type { DiffNode, FlameNode } from '../../../src/model/analysis.js';
import { uniformFrom } from '../../../src/model/random.js';
import type { ScriptStacks } from '../../../src/model/script.js';
import { repairProfile } from '../../../src/measure/javascript/repair.js';
import { readScriptStacks, writeScriptStacks } from '../../../src/runs/stacks-file.js';
import { tieSamples } from '../../../src/measure/javascript/tie-samples.js';
import type { V8Profile } from '../../../src/record/v8-profile.js';
import { drawLines } from '../../helpers/drawn-lines.js';
import { CALLS, drawFindings, visit } from '../../helpers/drawn-analysis.js';

/** A profile drawn as text: nodes nested by indentation, `name [url]`, and after `@` the microseconds it was seen at. */
function drawProfile(text: string): V8Profile {
  const nodes: (V8Profile['nodes'][number] & { children: number[] })[] = [];
  const samples: { id: number; at: number }[] = [];
  const open: number[] = [];
  for (const [i, line] of text.trim().split('\n').entries()) {
    const [, space = '', name = '', url = '', times = ''] = /^(\s*)(\([^)]*\)|\S+)(?: (\S*\.js))?(?: @([\d ]+))?$/.exec(line)!;
    open.length = space.length / 2;
    nodes.push({
      id: i + 1,
      callFrame: { functionName: name === '(nameless)' ? '' : name, url, lineNumber: 9, columnNumber: 0, scriptId: '0' },
      hitCount: 0,
      children: [],
    });
    if (open.length > 0) nodes[open.at(-1)! - 1]!.children.push(i + 1);
    open.push(i + 1);
    for (const at of times.split(' ').filter((part) => part !== '')) samples.push({ id: i + 1, at: Number(at) });
  }
  return {
    nodes,
    startTime: 1000,
    endTime: 9000,
    samples: samples.map(({ id }) => id),
    timeDeltas: samples.map(({ at }, i) => 1000 + at - (i === 0 ? 1000 : 1000 + samples[i - 1]!.at)),
  };
}

const PROFILE = drawProfile(`
(root)
  loop own.js
    predict tf.js @10 60
      wrapper own.js @20
        runKernel tf.js @30
          delegate own.js
            tf_op_MatMul
              (nameless) @40 45
    elsewhere app.js @900
  (garbage collector) @50
`);
/** The drawn profile starts at 1000 µs of V8's clock; the recording's clock is zero there. */
const recording = drawLines(`
  call glue predict 5000..100000
    dispatch glue MatMul 15000..70000
      kernel kernel-execution MatMul 35000..48000
`);
const tied = (over: Partial<typeof recording> = {}) =>
  tieSamples(
    [{ recording: { ...recording, ...over }, sampled: [{ profile: repairProfile(PROFILE), offsetMicros: 1000 }] }],
    (url) => url === 'own.js',
  );
const flat = ({ spans }: ReturnType<typeof tied>): string[] =>
  spans.flatMap(({ path, stacks }) =>
    stacks.map(
      ({ frames, samples, stage }) =>
        `${path.map(({ name, kind }) => `${name}:${kind}`).join('/')} | ${frames.join(' ')} ${samples}${stage === undefined ? '' : ` ${stage}`}`,
    ),
  );

describe('repairProfile', () => {
  it('puts nameless native functions into the named operation above, and counts hits', () => {
    const { nodes, samples } = repairProfile(PROFILE);
    expect(nodes.map(({ callFrame, hitCount }) => `${callFrame.functionName} ${hitCount}`)).toEqual([
      '(root) 0',
      'loop 0',
      'predict 2',
      'wrapper 1',
      'runKernel 1',
      'delegate 0',
      'tf_op_MatMul 2',
      'elsewhere 1',
      '(garbage collector) 1',
    ]);
    expect(samples).toHaveLength(8);
  });

  it('leaves order and time of samples right', () => {
    const { timeDeltas, startTime } = repairProfile(PROFILE);
    let now = startTime;
    expect(timeDeltas!.map((delta) => (now += delta) - 1000)).toEqual([10, 20, 30, 40, 45, 50, 60, 900]);
  });
});

describe('tieSamples', () => {
  it('puts each sample into the innermost open span, with what is below our own wrapper', () => {
    expect(flat(tied())).toEqual([
      ' | predict tf.js:10 1',
      'MatMul:dispatch | (inferscope) 1 tool',
      'MatMul:dispatch | runKernel tf.js:10 1',
      'MatMul:dispatch | (garbage collector) 1 gc',
      'MatMul:dispatch | predict tf.js:10 1',
      'MatMul:dispatch/MatMul:kernel | tf_op_MatMul 2',
    ]);
    expect(tied().samples).toBe(7);
  });

  it('calls garbage collection what the performance observer saw as such', () => {
    const { gcSamples, ...rest } = tied({ gc: [{ startNanos: 58_000, durationNanos: 4_000, type: 'scavenge' }] });
    expect(gcSamples).toBe(2);
    expect(flat({ gcSamples, ...rest })).toContain('MatMul:dispatch | (garbage collector) 2 gc');
  });
});

describe('withScripts', () => {
  const analysis = drawFindings({ 'a/predict': 'predict 100\n  kernel-execution 40\n    MatMul 60' });
  const stacksOf = (stacks: ScriptStacks['variants'][number]['spans'][number]['stacks']): ScriptStacks => ({
    version: 1,
    variants: [
      { key: 'a/predict', calls: 5, medianNanos: 400, intervalMicros: 200, samples: 4, gcSamples: 0, spans: [{ path: [], stacks }] },
    ],
  });
  const draw = (node: FlameNode, indent = ''): string =>
    [
      `${indent}${node.name} ${node.selfNanos / CALLS} ${node.kind} ${node.stage}`,
      ...node.children.map((child) => draw(child, `${indent}  `)),
    ].join('\n');

  it('shares out a span’s self time by samples', () => {
    const { variants, notes } = withScripts(
      analysis,
      stacksOf([
        { frames: ['f', 'g'], samples: 2 },
        { frames: ['f'], samples: 1 },
        { frames: [], samples: 1 },
      ]),
    );
    expect(draw(variants[0]!.tree)).toBe(
      'predict 25 call glue\n  kernel-execution 40 stage kernel-execution\n    MatMul 60 kernel kernel-execution\n  f 25 script glue\n    g 50 script glue',
    );
    expect(notes).toEqual([
      {
        kind: 'scripts-sampled',
        variant: 'a/predict',
        calls: 5,
        samples: 4,
        gcSamples: 0,
        intervalMicros: 200,
        medianNanos: 400,
        measuredMedianNanos: 196,
        inMeasuredCalls: false,
      },
    ]);
  });

  it('never changes a total, and self times still add up', () => {
    const anyStack = fc.record({
      frames: fc.array(fc.constantFrom('f', 'g', 'h', '__proto__'), { maxLength: 4 }),
      samples: fc.integer({ min: 1, max: 50 }),
    });
    fc.assert(
      fc.property(fc.array(anyStack, { minLength: 1, maxLength: 6 }), (stacks) => {
        const { tree } = withScripts(analysis, stacksOf(stacks)).variants[0]!;
        let sum = 0;
        visit(tree, (node) => {
          sum += node.selfNanos;
          expect(node.selfNanos).toBeGreaterThanOrEqual(0);
          expect(node.totalNanos).toBeCloseTo(node.selfNanos + node.children.reduce((all, child) => all + child.totalNanos, 0), 6);
        });
        expect(sum).toBeCloseTo(tree.totalNanos, 6);
        expect(tree.totalNanos).toBe(analysis.variants[0]!.tree.totalNanos);
      }),
    );
  });

  it('reads its file back, and names the field at fault', () => {
    const stacks = stacksOf([{ frames: ['f'], samples: 1, stage: 'gc' }]);
    expect(readScriptStacks('stacks.json', writeScriptStacks(stacks))).toEqual(stacks);
    expect(() => readScriptStacks('stacks.json', writeScriptStacks({ ...stacks, version: 3 }))).toThrow(
      'stacks.json: version must be <= 2; remove it',
    );
    expect(() => readScriptStacks('stacks.json', '{')).toThrow('stacks.json is not complete JSON');
  });
});

describe('JavaScript in a difference', () => {
  const BLOCKS = 12;
  const analysis = drawFindings({ 'a/predict': 'predict 1000\n  MatMul 600', 'b/predict': 'predict 1000\n  MatMul 600' });
  /** Samples of each function by block, with some noise; what is left is the span's own. */
  const sampled = (key: string, seed: number, weights: Readonly<Record<string, number>>): ScriptStacks['variants'][number] => {
    const uniform = uniformFrom(seed);
    const stacks = Object.entries(weights).map(([name, weight]) => {
      const blocks = Array.from({ length: BLOCKS }, () => Math.round(weight * (0.9 + uniform() * 0.2)));
      return { frames: name === '' ? [] : name.split('/'), samples: blocks.reduce((sum, n) => sum + n, 0), blocks };
    });
    return { key, calls: 600, medianNanos: 400, intervalMicros: 200, samples: 0, gcSamples: 0, spans: [{ path: [], stacks }] };
  };
  const same = { '': 20, 'f/g': 40, h: 40 };
  const diffOf = (before: ScriptStacks['variants'][number], after: ScriptStacks['variants'][number], over = analysis): DiffNode =>
    withScripts(over, { version: 2, variants: [before, after] }).comparisons[0]!.diff;
  const flat = (node: DiffNode): DiffNode[] => [node, ...node.children.flatMap(flat)];
  const told = (diff: DiffNode): string[] =>
    flat(diff)
      .filter(({ kind }) => kind === 'script')
      .map(
        ({ name, shiftNanos, significant, selfSignificant }) =>
          `${name} ${Math.sign(Math.round(shiftNanos / 100))} ${significant} ${selfSignificant}`,
      );

  it('colours a planted shift and nothing else', () => {
    const diff = diffOf(sampled('a/predict', 1, same), sampled('b/predict', 2, { '': 20, 'f/g': 70, h: 10 }));
    expect(told(diff)).toEqual(['f 1 true false', 'g 1 true true', 'h -1 true true']);
    expect(diff.children.map(({ name }) => name)).toEqual(['MatMul', 'f', 'h']);
    expect(diff.selfSignificant).toBe(false);
  });

  it('leaves noise grey, and what few samples or no blocks know', () => {
    expect(told(diffOf(sampled('a/predict', 3, same), sampled('b/predict', 4, same)))).toEqual([
      'f 0 false false',
      'g 0 false false',
      'h 0 false false',
    ]);
    const few = (key: string, weights: Readonly<Record<string, number>>) => {
      const { spans, ...rest } = sampled(key, 5, weights);
      return {
        ...rest,
        spans: spans.map((span) => ({ ...span, stacks: span.stacks.map(({ frames, samples }) => ({ frames, samples })) })),
      };
    };
    expect(
      told(diffOf(few('a/predict', same), few('b/predict', { '': 20, 'f/g': 70, h: 10 }))).every((line) => line.endsWith('false false')),
    ).toBe(true);
  });

  it('says of two equal sides that some frames differ in fewer than one run of twenty', () => {
    const poisson = (seed: number) => {
      const uniform = uniformFrom(seed);
      const stacks = ['f', 'g', 'h', 'i'].map((name) => {
        const blocks = Array.from({ length: BLOCKS }, () =>
          Array.from({ length: 60 }, () => (uniform() < 0.25 ? 1 : 0) as number).reduce((sum, one) => sum + one, 0),
        );
        return { frames: [name], samples: blocks.reduce((sum, n) => sum + n, 0), blocks };
      });
      return stacks;
    };
    const runs = 200;
    const alarms = Array.from({ length: runs }, (_, run) => {
      const side = (key: string, seed: number) => ({ ...sampled(key, 1, same), spans: [{ path: [], stacks: poisson(seed) }] });
      return flat(diffOf(side('a/predict', 2 * run), side('b/predict', 2 * run + 1))).some(
        ({ kind, significant }) => kind === 'script' && significant,
      );
    }).filter(Boolean).length;
    expect(alarms).toBeLessThan(runs * 0.08);
  });

  it('swaps with the sides, and changes no total of what was measured', () => {
    const [before, after] = [
      { '': 20, 'f/g': 40, h: 40 },
      { '': 30, 'f/g': 60, i: 10 },
    ];
    const there = diffOf(sampled('a/predict', 6, before), sampled('b/predict', 7, after));
    const back = diffOf(sampled('a/predict', 7, after), sampled('b/predict', 6, before));
    const byName = new Map(flat(back).map((node) => [node.name, node]));
    for (const node of flat(there).filter(({ kind }) => kind === 'script')) {
      const other = byName.get(node.name)!;
      expect(other.shiftNanos).toBeCloseTo(-node.shiftNanos, 6);
      expect(other.interval[0]).toBeCloseTo(-node.interval[1], 6);
      expect(other.significant).toBe(node.significant);
    }
    const whole = analysis.comparisons[0]!.diff;
    expect(there).toMatchObject({ shiftNanos: whole.shiftNanos, interval: whole.interval, significant: whole.significant });
    expect(there.baseline.totalNanosPerCall).toBe(whole.baseline.totalNanosPerCall);
    expect(flat(there).reduce((sum, { baseline }) => sum + baseline.selfNanosPerCall, 0)).toBeCloseTo(whole.baseline.totalNanosPerCall, 6);
  });

  it('stays grey where the run’s verdict is withheld, and leaves a side without samples alone', () => {
    const withheld = {
      ...analysis,
      comparisons: analysis.comparisons.map((comparison) => ({ ...comparison, withheld: { kind: 'other-machine' } as const })),
    };
    const planted = [sampled('a/predict', 1, same), sampled('b/predict', 2, { '': 20, 'f/g': 70, h: 10 })] as const;
    expect(told(diffOf(...planted, withheld)).every((line) => line.endsWith('false false'))).toBe(true);
    expect(told(diffOf(planted[0], { ...planted[1], spans: [] }))).toEqual([]);
  });
});
