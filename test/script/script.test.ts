import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { withScripts } from '../../src/analyse/graft-scripts.js';
import type { FlameNode } from '../../src/model/analysis.js';
import type { ScriptStacks } from '../../src/model/script.js';
import { repairProfile } from '../../src/script/repair.js';
import { readScriptStacks, writeScriptStacks } from '../../src/script/stacks-file.js';
import { tieSamples } from '../../src/script/tie-samples.js';
import type { V8Profile } from '../../src/script/v8-profile.js';
import { drawRecording } from '../render/drawn-recording.js';
import { CALLS, drawAnalysis, visit } from '../render/drawn.js';

/** A profile drawn as text: nodes nested by indentation, `name [url]`, and after `@` the microseconds it was seen at. */
function drawProfile(text: string): V8Profile {
  const nodes: (V8Profile['nodes'][number] & { children: number[] })[] = [];
  const samples: { id: number; at: number }[] = [];
  const open: number[] = [];
  for (const [i, line] of text.trim().split('\n').entries()) {
    const [, space = '', name = '', url = '', times = ''] = /^(\s*)(\([^)]*\)|\S+)(?: (\S*\.js))?(?: @([\d ]+))?$/.exec(line)!;
    open.length = space.length / 2;
    nodes.push({ id: i + 1, callFrame: { functionName: name === '(nameless)' ? '' : name, url, lineNumber: 9, columnNumber: 0, scriptId: '0' }, hitCount: 0, children: [] });
    if (open.length > 0) nodes[open.at(-1)! - 1]!.children.push(i + 1);
    open.push(i + 1);
    for (const at of times.split(' ').filter((part) => part !== '')) samples.push({ id: i + 1, at: Number(at) });
  }
  return { nodes, startTime: 1000, endTime: 9000, samples: samples.map(({ id }) => id), timeDeltas: samples.map(({ at }, i) => 1000 + at - (i === 0 ? 1000 : 1000 + samples[i - 1]!.at)) };
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
const recording = drawRecording([
  { name: 'predict', from: 5_000, to: 100_000, parent: -1, kind: 'call', stage: 'glue' },
  { name: 'MatMul', from: 15_000, to: 70_000, parent: 0, kind: 'dispatch', stage: 'glue' },
  { name: 'MatMul', from: 35_000, to: 48_000, parent: 1, kind: 'kernel', stage: 'kernel-execution' },
]);
const tied = (over: Partial<typeof recording> = {}) => tieSamples({ profile: repairProfile(PROFILE), offsetMicros: 1000 }, { ...recording, ...over }, (url) => url === 'own.js');
const flat = ({ spans }: ReturnType<typeof tied>): string[] => spans.flatMap(({ path, stacks }) => stacks.map(({ frames, samples, stage }) => `${path.map(({ name, kind }) => `${name}:${kind}`).join('/')} | ${frames.join(' ')} ${samples}${stage === undefined ? '' : ` ${stage}`}`));

describe('repairProfile', () => {
  it('puts nameless native functions into the named operation above, and counts hits', () => {
    const { nodes, samples } = repairProfile(PROFILE);
    expect(nodes.map(({ callFrame, hitCount }) => `${callFrame.functionName} ${hitCount}`)).toEqual(['(root) 0', 'loop 0', 'predict 2', 'wrapper 1', 'runKernel 1', 'delegate 0', 'tf_op_MatMul 2', 'elsewhere 1', '(garbage collector) 1']);
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
    expect(flat(tied())).toEqual([' | predict tf.js:10 1', 'MatMul:dispatch | (inferscope) 1 tool', 'MatMul:dispatch | runKernel tf.js:10 1', 'MatMul:dispatch | (garbage collector) 1 gc', 'MatMul:dispatch | predict tf.js:10 1', 'MatMul:dispatch/MatMul:kernel | tf_op_MatMul 2']);
    expect(tied().samples).toBe(7);
  });

  it('calls garbage collection what the performance observer saw as such', () => {
    const { gcSamples, ...rest } = tied({ gc: [{ startNanos: 58_000, durationNanos: 4_000, type: 'scavenge' }] });
    expect(gcSamples).toBe(2);
    expect(flat({ gcSamples, ...rest })).toContain('MatMul:dispatch | (garbage collector) 2 gc');
  });
});

describe('withScripts', () => {
  const analysis = drawAnalysis({ 'a/predict': 'predict 100\n  kernel-execution 40\n    MatMul 60' });
  const stacksOf = (stacks: ScriptStacks['variants'][number]['spans'][number]['stacks']): ScriptStacks => ({ version: 1, variants: [{ key: 'a/predict', calls: 5, medianNanos: 400, intervalMicros: 200, samples: 4, gcSamples: 0, spans: [{ path: [], stacks }] }] });
  const draw = (node: FlameNode, indent = ''): string => [`${indent}${node.name} ${node.selfNanos / CALLS} ${node.kind} ${node.stage}`, ...node.children.map((child) => draw(child, `${indent}  `))].join('\n');

  it('shares out a span’s self time by samples', () => {
    const { variants, notes } = withScripts(analysis, stacksOf([{ frames: ['f', 'g'], samples: 2 }, { frames: ['f'], samples: 1 }, { frames: [], samples: 1 }]));
    expect(draw(variants[0]!.tree)).toBe('predict 25 call glue\n  kernel-execution 40 stage kernel-execution\n    MatMul 60 kernel kernel-execution\n  f 25 script glue\n    g 50 script glue');
    expect(notes[0]).toBe('JavaScript of a/predict: 4 samples of V8, one each 200 µs, in 5 calls of their own, 2.04 × a measured call (400 ns against 196 ns); these calls are in no other figure. 0 samples were garbage collection.');
  });

  it('never changes a total, and self times still add up', () => {
    const anyStack = fc.record({ frames: fc.array(fc.constantFrom('f', 'g', 'h', '__proto__'), { maxLength: 4 }), samples: fc.integer({ min: 1, max: 50 }) });
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
    expect(() => readScriptStacks('stacks.json', writeScriptStacks({ ...stacks, version: 2 }))).toThrow('stacks.json: /version must be equal to constant; remove it');
    expect(() => readScriptStacks('stacks.json', '{')).toThrow('stacks.json is not complete JSON');
  });
});
