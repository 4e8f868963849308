import { expect, test } from 'vitest';
import { analyse } from '../../src/analyse/analyse.js';
import { joinSides } from '../../src/analyse/join-sides.js';
import { runNotes } from '../../src/analyse/notes.js';
import type { RunFacts, RunNote } from '../../src/model/run-facts.js';
import { readRecording } from '../../src/record/reader.js';
import { tell } from '../../src/report/tell.js';

const recording = readRecording('test/fixtures/short-runs/0.isr');
const told = (...runs: readonly (readonly RunNote[])[]): readonly string[] =>
  tell({ ...analyse([recording]), notes: runNotes(runs.map((notes) => ({ ...recording, run: { notes } }))) }).notes;

test('each fact is a sentence, in the order in which the run told them', () => {
  expect(
    told([
      { kind: 'plain-backend', backend: 'wasm', how: 'chosen' },
      { kind: 'said', sentence: 'Inputs were made up.' },
      { kind: 'no-session-kernels', reason: 'the add-on is not built' },
      { kind: 'no-passes', reason: 'TensorFlow logged none' },
      { kind: 'first-operation', millis: 31.27 },
      { kind: 'stopped', what: 'control', variant: 'a (again)/predict', reason: 'out of memory' },
      { kind: 'stopped', what: 'variant', variant: 'b/predict', reason: 'no such op' },
      { kind: 'interrupted', by: 'user' },
    ]),
  ).toEqual([
    'The model ran on the backend wasm of TensorFlow.js, because this project has no @tensorflow/tfjs-node (--backend chooses another). The variants graph and graph-xla, and operations below a kernel, need native TensorFlow and are left out.',
    'Inputs were made up.',
    'Kernels inside session runs are not shown: the add-on is not built.',
    'The passes of the graph optimiser are not shown: TensorFlow logged none.',
    'The first operation of the process took 31.3 ms (library start-up); it is in no call.',
    'The control a (again)/predict stopped: out of memory',
    'b/predict stopped: no such op',
    'The run was interrupted: the figures are of the calls made until then.',
  ]);
});

test('what Keras and Jaeger told', () => {
  expect(
    told([
      { kind: 'keras', version: '2.2.4', backend: 'tensorflow', python: '3.7.9', executable: '/venv/bin/python' },
      { kind: 'keras-overhead', ratios: [{ variant: 'path-a/predict', ratio: 1.034 }] },
      { kind: 'keras-growth', variant: 'path-a/predict', bytesPerCall: 262144, nanos: 1_500_000 },
      { kind: 'keras-rebuilt', functions: ['f', 'g'], variants: ['path-a/predict', 'path-b/predict'] },
      { kind: 'keras-seams', missing: ['layer'] },
      { kind: 'interrupted', by: 'python' },
      { kind: 'from-jaeger', url: 'http://j:1', service: 'shop', calls: 2, spans: 9, hosts: 2 },
    ]),
  ).toEqual([
    'Keras 2.2.4 on tensorflow, Python 3.7.9 (/venv/bin/python).',
    'Cost of instrumentation, recorded ÷ bare call in the same process: path-a/predict 1.03.',
    'path-a/predict: the process grew by 256 KiB with each call of 1.50 ms.',
    'Graphs of the input pipeline are built again in each call of path-a/predict, path-b/predict: f, g.',
    'This version of Keras lacks the functions that bound layer: their time counts in the stage around them.',
    'Python ended before the run was complete: the figures are of the calls made until then.',
    'Read from Jaeger at http://j:1: 2 calls of "shop", 9 spans, from 2 machines. The environment shown is that of the first call; differences between machines are in the figures.',
  ]);
});

test('processes of one run tell a fact once, and the range of their start-ups', () => {
  const note = (millis: number): readonly RunNote[] => [
    { kind: 'said', sentence: 'Inputs were made up.' },
    { kind: 'first-operation', millis },
  ];
  expect(told(note(30), note(10), note(20))).toEqual([
    'Inputs were made up.',
    'The first operation of each process took 10.0 ms to 30.0 ms (library start-up); it is in no call.',
  ]);
  expect(told([])).toEqual([]);
});

test('passes are those of the run, and of no side of a comparison of two', () => {
  const run: RunFacts = { notes: [], passes: [{ name: 'remapper', runs: 1, nanos: 5, nodeChange: -1, nodesAfter: 3 }] };
  expect(analyse([recording])).not.toHaveProperty('passes');
  expect(analyse([{ ...recording, run }]).passes).toEqual(run.passes);
  const joined = joinSides([{ ...recording, run }], [recording], { comparisons: [], notes: [], judgedBy: 'runs' });
  expect(joined).not.toHaveProperty('passes');
});
