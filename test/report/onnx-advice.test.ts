/** Advice for programs on ONNX Runtime, from figures that are written out here. */
import { expect, it } from 'vitest';
import type { CallPoint, FlameNode, VariantAnalysis } from '../../src/model/analysis.js';
import { STAGES } from '../../src/model/stage.js';
import { sessionFindings } from '../../src/analyse/findings/advice/onnx.js';
import { sessionWords } from '../../src/report/advice/onnx.js';

const frame = (name: string, nanos: number, children: readonly FlameNode[] = []): FlameNode =>
  ({
    name,
    totalNanos: nanos,
    selfNanos: nanos - children.reduce((sum, { totalNanos }) => sum + totalNanos, 0),
    children,
  }) as unknown as FlameNode;

/** Ten calls of 10 ms, each `everyMillis` after the one before, with the given milliseconds per call in stages. */
function variant(
  millis: Readonly<Record<string, number>>,
  { tree = frame('run', 1e8), everyMillis = 20, name = 'program', call = 'run', cold = 0, sessions = 1 } = {},
): VariantAnalysis {
  const timeline = Array.from(
    { length: 10 },
    (_, at): CallPoint => ({ startNanos: at * everyMillis * 1e6, latencyNanos: 1e7 }) as CallPoint,
  );
  const stages = Object.fromEntries(
    STAGES.map((stage) => [stage, { nanosPerCall: (millis[stage] ?? 0) * 1e6, share: (millis[stage] ?? 0) / 10 }]),
  );
  const made = Array.from({ length: cold }, (_, at) => ({ latencyNanos: 5e7, signature: `session ${at % sessions}` }));
  return {
    key: `${name}/${call}`,
    name,
    call,
    calls: 10,
    timeline,
    stages,
    tree,
    latencyNanos: { mean: 1e7 },
    cold: made,
  } as unknown as VariantAnalysis;
}

const sentences = (...variants: readonly [VariantAnalysis, ...VariantAnalysis[]]): string[] =>
  sessionFindings(variants[0], variants).map((found) => sessionWords(found).sentence);

it('calls that wait for each other are put into one; a wait where none overlap is nothing that a batch would save', () => {
  expect(sentences(variant({ queue: 5 }, { everyMillis: 2 }))).toEqual([
    'Put inputs that come at the same time into one call: a call of program/run waits 5.00 ms (50 %) before it runs.',
  ]);
  expect(sentences(variant({ queue: 5 }))).toEqual([]);
});

it.each([
  ['image-decoding', 'Hand over smaller images, or decoded ones: decoding them takes 4.00 ms of each call.'],
  ['processor', 'Run the processor in a worker thread, beside the model of the call before: it takes 4.00 ms of each call.'],
  ['tokenizer', 'Hand over several texts per call: the tokenizer takes 4.00 ms of each call.'],
  ['something', 'Make input tensors once where the same data is used again: preparing input takes 5.00 ms of each call.'],
])('input that takes long: %s', (step, sentence) => {
  const tree = frame('run', 1e8, [frame('data-adapter', 5e7, [frame(step, 4e7)])]);
  expect(sentences(variant({ 'data-adapter': 5 }, { tree }))).toEqual([sentence]);
});

it('images are resized beforehand, sounds cannot be; and nobody who calls a pipeline has tensors to keep or outputs to ask for', () => {
  const prepared = (...steps: FlameNode[]): FlameNode => frame('run', 1e8, [frame('data-adapter', 5e7, steps)]);
  const images = variant(
    { 'data-adapter': 5 },
    { tree: prepared(frame('image-decoding', 1e5), frame('processor', 4e7)), name: 'pipeline' },
  );
  expect(sentences(images)).toEqual(['Resize images before they are handed over: the processor takes 4.00 ms of each call.']);
  const outputs = frame('run', 1e8, [frame('data-adapter', 3e7), frame('fetch', 3e7)]);
  for (const name of ['pipeline', 'model', 'minilm model'])
    expect(sentences(variant({ 'data-adapter': 3, fetch: 3 }, { tree: outputs, name }))).toEqual([]);
  expect(sentences(variant({ 'data-adapter': 3, fetch: 3 }, { tree: outputs }))).toHaveLength(2);
});

it('copies of outputs, but not what a pipeline makes of them; and sessions that are created again and again', () => {
  const copies = frame('run', 1e8, [frame('fetch', 3e7)]);
  expect(sentences(variant({ fetch: 3 }, { tree: copies }))).toEqual([
    "Ask only for the outputs that are used, `session.run(feeds, ['name'])`: copying them takes 3.00 ms of each call.",
  ]);
  expect(sentences(variant({ fetch: 3 }, { tree: frame('run', 1e8, [frame('post-processing', 3e7)]) }))).toEqual([]);
  expect(sentences(variant({}), variant({}, { name: 'session', call: 'create', cold: 5 }))).toEqual([
    'Create the session once and keep it: 5 were created, 50.0 ms each.',
  ]);
  expect(sentences(variant({}), variant({}, { name: 'session', call: 'create', cold: 1 }))).toEqual([]);
  // An encoder, a decoder and what embeds for them, each once.
  expect(sentences(variant({}), variant({}, { name: 'session', call: 'create', cold: 5, sessions: 5 }))).toEqual([]);
});
