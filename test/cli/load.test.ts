import { mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { describe, expect, it } from 'vitest';
import { loadFrom } from '../../src/cli/load.js';
import { profileModel } from '../../src/measure/profile.js';
import { toldAnalysis } from '../../src/runs/told.js';
import { readRun } from '../../src/runs/run-folder.js';
import { expectToldAgain } from '../helpers/told-again.js';

const folder = mkdtempSync(path.join(tmpdir(), 'inferscope-load-'));
const NONE = { rate: undefined, concurrency: undefined, 'load-trace': undefined };
const traceOf = (text: string): string => {
  const file = path.join(folder, 'moments.txt');
  writeFileSync(file, text);
  return file;
};

describe('a load as it is asked for', () => {
  it.each([
    ['50/s', { kind: 'poisson', perSecond: 50 }],
    ['50', { kind: 'poisson', perSecond: 50 }],
    ['constant:300/min', { kind: 'constant', perSecond: 5 }],
    ['poisson:0.5/s', { kind: 'poisson', perSecond: 0.5 }],
    ['rising', { kind: 'rising' }],
  ])('--rate %s', (rate, want) => {
    expect(loadFrom({ ...NONE, rate })).toEqual(want);
  });

  it.each(['', 'fast', '-3/s', '0/s', '1e9/s', '50/day', '5/h', 'even:5/s', 'NaN', '30000/s'])(
    '--rate %s is refused with what works',
    (rate) => {
      expect(() => loadFrom({ ...NONE, rate })).toThrow(/write 50\/s/);
    },
  );

  it('a trace in seconds or as dates begins at its first moment, in order of time', () => {
    expect(loadFrom({ ...NONE, 'load-trace': traceOf('12.5\n12\n\n13.0\n') })).toEqual({
      kind: 'trace',
      name: 'moments.txt',
      perSecond: 3,
      moments: [0, 500, 1000],
    });
    expect(loadFrom({ ...NONE, 'load-trace': traceOf('2026-11-30T12:00:00Z\n2026-11-30T12:00:00.250Z') })).toMatchObject({
      moments: [0, 250],
    });
  });

  it.each([
    ['1\nsoon\n', 'holds “soon”'],
    ['1\n', 'two or more'],
    ['5\n5\n', 'two or more'],
    ['0\n4000\n', '600 s are played'],
    ['', 'two or more'],
    ['3\n2026-11-30T12:00:00Z\n', 'the same way'],
  ])('a trace that cannot be played is refused: %j', (text, want) => {
    expect(() => loadFrom({ ...NONE, 'load-trace': traceOf(text) })).toThrow(want);
  });

  it('two at a time are refused, none is none', () => {
    expect(() => loadFrom({ ...NONE, rate: '5/s', concurrency: 2 })).toThrow('--rate and --concurrency were given');
    expect(loadFrom(NONE)).toBeUndefined();
    expect(loadFrom({ ...NONE, concurrency: 8 })).toEqual({ kind: 'closed', callers: 8 });
  });
});

describe('profile under a load', () => {
  it('has the baseline and the fastest variant answer each request, and says so again when the run is opened', async () => {
    const moments = Array.from({ length: 120 }, (_, at) => at * 2);
    const { analysis, folder: run } = await profileModel('test/fixtures/layers-tiny', {
      calls: 20,
      batch: 1,
      variants: ['uncompiled/predict', 'graph'],
      load: { kind: 'trace', name: 'moments.txt', perSecond: 500, moments },
      out: path.join(folder, 'run'),
    });
    expect(analysis.loads!.map(({ variant, answered, unserved }) => [variant, answered + unserved])).toEqual([
      ['uncompiled/predict', 120],
      ['graph/predict', 120],
    ]);
    const graph = analysis.loads!.find(({ variant }) => variant === 'graph/predict')!;
    expect(graph.windows.map(({ maxRequests }) => maxRequests)).toEqual([1, ...graph.windows.slice(1).map(() => 32)]);
    expect(toldAnalysis(readRun(run)).loads).toEqual(analysis.loads);
    await expectToldAgain(run);
  });

  it('does not vary the batch of given shapes', async () => {
    const { analysis } = await profileModel('test/fixtures/layers-tiny', {
      calls: 10,
      shapes: ['1,4'],
      variants: ['graph'],
      quick: true,
      load: { kind: 'trace', name: 't', perSecond: 3, moments: [0, 5, 10] },
      out: path.join(folder, 'shapes'),
    });
    expect(analysis.loads).toMatchObject([{ variant: 'graph/predict', answered: 3, windows: [] }]);
  });
});
