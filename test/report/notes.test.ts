import { describe, expect, it } from 'vitest';
import type { SamplingFigure } from '../../src/model/analysis.js';
import type { Note } from '../../src/model/findings.js';
import { toldAnalysis } from '../../src/runs/told.js';
import { noteSentence } from '../../src/report/words/notes.js';
import { draw } from '../helpers/recordings.js';

const sampling: SamplingFigure = { traced: 3, tracedInWarmUp: 0, calls: 23, period: 23 / 3, nanos: 350_000, share: 0.0123, upper: 0.02 };
const variant = 'graph/predict';

describe('a note', () => {
  it.each<[Note, string]>([
    [
      { kind: 'recording-stopped', calls: 5, lostCalls: 2 },
      "Recording had to stop after 5 calls (the program's standard error says why): 2 later calls are missing.",
    ],
    [{ kind: 'recording-incomplete' }, 'The recording is incomplete: the run ended before its file was closed.'],
    [{ kind: 'spans-lost', lost: 3, all: 5 }, '3 of 5 spans were lost; the calls they belonged to show less detail.'],
    [
      { kind: 'outside-operations', processes: [{ process: '7', threads: 1, operations: 1, nanos: 2e6, kinds: ['Add'] }] },
      'Outside of model calls, the program ran 1 operation (2.00 ms, all of it in Add), as in training or preprocessing; they are not in these figures.',
    ],
    [
      { kind: 'below-resolution', variant, stage: 'gc', nanosPerCall: 12, resolutionNanos: 1000 },
      "graph/predict: garbage collection takes 12 ns per call, less than the clock's resolution of 1.00 µs: practically nothing.",
    ],
    [{ kind: 'tool-cost', variant, share: 0.123 }, 'graph/predict: recording itself took 12 % of the call (stage "tool").'],
    [{ kind: 'calls-failed', variant, errors: 1 }, 'graph/predict: 1 call threw an error and is not in the figures.'],
    [{ kind: 'calls-failed', variant, errors: 2 }, 'graph/predict: 2 calls threw an error and are not in the figures.'],
    [{ kind: 'no-warm-call', variant }, 'graph/predict: no warm call was measured.'],
    [{ kind: 'p99-too-few', variant, calls: 60, needed: 299 }, 'graph/predict: p99 needs at least 299 calls (60 measured).'],
    [
      { kind: 'calls-without-spans', variant, calls: 100, withSpans: 90 },
      'graph/predict: stages come from 90 of 100 calls, those recorded with spans.',
    ],
    [
      { kind: 'traced-calls', variant, sampling, confidence: 0.999 },
      'graph/predict: kernel details come from 3 traced calls of 23; latencies from the other 20. Tracing took 350 µs, 1.2 % of their time (at most 2.0 % with 99.9 % confidence).',
    ],
    [
      { kind: 'traced-calls', variant, sampling: { ...sampling, traced: 1, upper: null }, confidence: 0.95 },
      'graph/predict: kernel details come from 1 traced call of 23; latencies from the other 22. Tracing took 350 µs, 1.2 % of their time.',
    ],
    [
      { kind: 'traced-calls', variant, sampling: { ...sampling, nanos: 0, share: 0 }, confidence: 0.95 },
      'graph/predict: kernel details come from 3 traced calls of 23; latencies from the other 20. What tracing took is less than the calls scatter by (at most 2.0 % with 95 % confidence).',
    ],
    [
      { kind: 'traced-calls', variant, sampling: { ...sampling, nanos: 0, share: 0, upper: 0 }, confidence: 0.95 },
      'graph/predict: kernel details come from 3 traced calls of 23; latencies from the other 20. What tracing took is less than the calls scatter by.',
    ],
    [
      { kind: 'traced-calls', variant, sampling: { ...sampling, traced: 0, tracedInWarmUp: 1, period: null }, confidence: 0.95 },
      'graph/predict: kernel details come from 1 traced call of the warm-up; tracing one of these 23 calls would have taken more than 5 % of their time.',
    ],
    [{ kind: 'sides', baseline: 'v1/', candidate: 'v2/' }, 'Baseline: v1/. Candidate: v2/.'],
    [
      { kind: 'outputs', parity: { kind: 'compared', outputs: 1, absolute: 0.0123, relative: 0.001 } },
      'Given the same input, the outputs of both sides differ by at most 0.012, which is 0.0010 of the largest value.',
    ],
    [
      { kind: 'outputs', parity: { kind: 'compared', outputs: 1, absolute: 0, relative: 0 } },
      'Both sides gave the same outputs, to the last bit.',
    ],
    [
      { kind: 'outputs', parity: { kind: 'compared', outputs: 1, absolute: null, relative: null } },
      'The outputs differ: one side gives NaN or infinity where the other does not.',
    ],
    [
      { kind: 'outputs', parity: { kind: 'unlike', reason: '1 outputs against 2' } },
      'The outputs of the two sides have different shapes: 1 outputs against 2.',
    ],
    [{ kind: 'outputs', parity: { kind: 'not-compared', reason: 'too large' } }, 'The outputs were not compared: too large.'],
    [
      { kind: 'runs-differ', difference: { field: 'batch size', baseline: '1', candidate: '8', scope: 'run' } },
      'The runs differ in batch size: 1 against 8.',
    ],
    [
      {
        kind: 'scripts-sampled',
        variant,
        calls: 5,
        samples: 4,
        gcSamples: 0,
        intervalMicros: 200,
        medianNanos: 400,
        measuredMedianNanos: 196,
        inMeasuredCalls: false,
      },
      'JavaScript of graph/predict: 4 V8 samples, one every 200 µs, in 5 separate calls, 2.04 × a measured call (400 ns against 196 ns); no other figure includes them. 0 samples were garbage collection.',
    ],
    [
      {
        kind: 'scripts-sampled',
        variant,
        calls: 5,
        samples: 4,
        gcSamples: 1,
        intervalMicros: 1000,
        medianNanos: 400,
        measuredMedianNanos: 400,
        inMeasuredCalls: true,
      },
      'JavaScript of graph/predict: 4 V8 samples, one every 1000 µs, in the 5 measured calls, whose latencies include what sampling costs. 1 sample was garbage collection.',
    ],
  ])('%j', (note, sentence) => {
    expect(noteSentence(note)).toBe(sentence);
  });

  it('of two recordings that say the same is told once', () => {
    const run = draw({ calls: [{ root: null }] });
    const restored = ['util.isNullOrUndefined'];
    const { notes } = toldAnalysis(
      [1, 2].map(() => ({ ...run, meta: { ...run.meta, environment: { ...run.meta.environment, node: '24.1.0', restored } } })),
    );
    expect(notes.filter((note) => note.startsWith('Node.js 24.1.0 has no util.isNullOrUndefined, which tfjs-node calls'))).toHaveLength(1);
    expect(toldAnalysis([run]).notes.join()).not.toContain('Node.js');
  });
});
