import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { compareProfiles } from '../../src/analyse/compare-profiles.js';
import type { FlameNode } from '../../src/model/analysis.js';
import type { ForeignProfile } from '../../src/model/foreign.js';
import { readForeignProfile } from '../helpers/foreign-profile.js';

// Unchanged files of other tools; where they come from is in the folder's README.
const bytesOf = (name: string): Buffer => readFileSync(`test/fixtures/foreign/${name}`);
const read = (name: string): ForeignProfile => readForeignProfile(name, bytesOf(name))[0]!;
const below = (node: FlameNode, ...path: readonly string[]): FlameNode =>
  path.reduce((at, name) => at.children.find((child) => child.name === name)!, node);

interface TraceEvent {
  readonly name: string;
  readonly cat?: string;
  readonly dur?: number;
  readonly args?: Readonly<Record<string, unknown>>;
}

/** Nanoseconds of the events that a test picks from the file itself. */
const nanosIn = (name: string, pick: (event: TraceEvent) => boolean): number => {
  const json = JSON.parse(bytesOf(name).toString()) as readonly TraceEvent[] | { readonly traceEvents: readonly TraceEvent[] };
  return ('traceEvents' in json ? json.traceEvents : json).filter(pick).reduce((sum, { dur }) => sum + (dur ?? 0) * 1000, 0);
};

describe.each(['onnxruntime-1.trace.json', 'onnxruntime-2.trace.json'])('%s', (name) => {
  it('has loading beside the runs, and the operations of all runs under their type', () => {
    const { tree } = read(name);
    expect(tree.children.map((child) => `${child.name} ×${child.count} ${child.stage}`)).toEqual([
      'model_loading_uri ×1 graph-building',
      'session_initialization ×1 graph-building',
      'model_run ×3 glue',
    ]);
    const executor = below(tree, 'model_run', 'SequentialExecutor::Execute');
    // Relu was fused into the convolution, which made a layout change of its own.
    expect(executor.children.map((child) => `${child.name} ×${child.count} ${child.stage}`)).toEqual([
      'Conv ×3 kernel-execution',
      'ReorderOutput ×3 kernel-execution',
      'Flatten ×3 kernel-execution',
      'MatMul ×3 kernel-execution',
    ]);
    expect(below(executor, 'Conv').totalNanos).toBe(nanosIn(name, ({ args }) => args?.['op_name'] === 'Conv'));
    expect(below(executor, 'Conv').shapes).toEqual(['[{"float":[2,3,16,16]},{"float":[8,3,3,3]}]']);
    expect(below(tree, 'model_run').totalNanos).toBe(nanosIn(name, (event) => event.name === 'model_run'));
  });
});

describe.each(['pytorch-1.trace.json', 'pytorch-2.trace.json'])('%s', (name) => {
  it('has the calls with their operations at the top: neither the one thread nor the profiler’s own window is a frame', () => {
    const { tree } = read(name);
    expect(tree.children.map((child) => `${child.name} ${child.stage}`)).toEqual(['aten::zeros kernel-execution', 'predict glue']);
    expect(below(tree, 'predict').count).toBe(2);
    expect(below(tree, 'predict').totalNanos).toBe(nanosIn(name, (event) => event.name === 'predict'));
    expect(tree.totalNanos).toBeLessThan(nanosIn(name, ({ cat }) => cat === 'Trace'));
    const convolution = below(tree, 'predict', 'aten::conv2d', 'aten::convolution', 'aten::_convolution', 'aten::mkldnn_convolution');
    expect(convolution.totalNanos).toBe(nanosIn(name, (event) => event.name === 'aten::mkldnn_convolution'));
    expect(convolution.shapes?.[0]).toMatch(/^\[\[2,3,16,16\],\[8,3,3,3\],\[8\]/);
  });
});

it.each(['onnxruntime', 'pytorch'])(
  'two runs of %s are compared frame by frame: what is only on one side is too short for their clock',
  (tool) => {
    const [before, after] = [read(`${tool}-1.trace.json`), read(`${tool}-2.trace.json`)];
    const { diff } = compareProfiles(before, after);
    const oneSided: string[] = [];
    const go = (node: typeof diff): void => {
      // Whole microseconds: an event of none at the end of another may be in it or behind it.
      if (
        Math.max(node.baseline.totalNanosPerCall, node.candidate.totalNanosPerCall) > 2000 &&
        (node.baseline.count === 0) !== (node.candidate.count === 0)
      )
        oneSided.push(node.name);
      for (const child of node.children) go(child);
    };
    go(diff);
    expect(oneSided).toEqual([]);
  },
);

it('py-spy’s collapsed stacks and speedscope file', () => {
  const collapsed = read('py-spy.collapsed.txt');
  expect(collapsed.unit).toBe('count');
  expect(collapsed.tree.name).toBe('<module> (work.py:9)');
  expect([collapsed.tree.selfNanos, below(collapsed.tree, 'predict (work.py:7)', 'inner (work.py:4)').selfNanos]).toEqual([1, 63]);
  const speedscope = read('py-spy.speedscope.json');
  expect([speedscope.unit, speedscope.taken, Math.round(speedscope.tree.totalNanos / 1e6)]).toEqual(['time', 'samples', 1500]);
});

it('the spans that Python’s OpenTelemetry exports', () => {
  const { format, tree } = read('opentelemetry-python.otlp.pb');
  expect(format).toBe('otlp');
  expect(tree.children.map(({ name, count }) => [name, count])).toEqual([['GET /predict', 3]]);
  expect(tree.children[0]!.children.map(({ name, count }) => [name, count]).sort()).toEqual([
    ['preprocess', 3],
    ['session.run', 3],
  ]);
  // It slept for 5 ms in the one and for 2 ms in the other.
  expect(below(tree, 'GET /predict', 'session.run').totalNanos).toBeGreaterThan(below(tree, 'GET /predict', 'preprocess').totalNanos);
});
