/** What a report says of programs whose right answer is known from `tf.memory()` in the program itself. Needs `npm run build`. */
import { execFileSync, spawnSync } from 'node:child_process';
import { mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { expect, test } from 'vitest';
import { toldAnalysis as analyse } from '../../../src/runs/told.js';
import { readRun } from '../../../src/runs/run-folder.js';
import type { Analysis } from '../../../src/model/analysis.js';
import { leakSentences } from '../../../src/report/words/leaks.js';
import { renderReportHtml } from '../../../src/report/report-html.js';
import { renderReportMarkdown } from '../../../src/report/report-markdown.js';
import { headlineOf } from '../../../src/report/topics/verdict.js';

const PROGRAM = 'test/telemetry/live/programs/answers.cjs';

interface Ran {
  readonly analysis: Analysis;
  /** As `tf.memory()` in the program counts. */
  readonly kept: number;
  readonly folder: string;
}

function ran(what: string): Ran {
  const folder = path.join(mkdtempSync(path.join(tmpdir(), 'inferscope-answers-')), 'run');
  const { stderr } = spawnSync(
    process.execPath,
    ['dist/cli/main.js', 'run', '--json', '--out', folder, '--', process.execPath, PROGRAM, what],
    { encoding: 'utf8' },
  );
  const { kept } = JSON.parse(/\{"kept":.*\}/.exec(stderr)?.[0] ?? '{}') as { kept: number };
  return { analysis: analyse(readRun(folder)), kept, folder };
}

test('tensors that calls leave behind, with the lines that made them', () => {
  const { analysis, kept } = ran('forget');
  const leaks = analysis.leaks ?? [];
  // The weights, the data, and 2 tensors with each call.
  expect([kept, leaks.reduce((sum, { tensors }) => sum + tensors, 0)]).toEqual([114, 80]);
  expect(leaks.map(({ where, tensors, perOccasion }) => [where, tensors, perOccasion])).toEqual(
    expect.arrayContaining([
      ['call', 40, 1],
      ['outside', 40, 1],
    ]),
  );
  expect(leaks.map(({ places }) => places[0])).toEqual(expect.arrayContaining([expect.stringMatching(/answers\.cjs:2[89]$/)]));
  expect(headlineOf(analysis).act).toMatch(/^2 tensors stay with each call: 80 after 40 calls; .*answers\.cjs:2[89]/);
  for (const form of [renderReportMarkdown(analysis).replaceAll('\\', ''), renderReportHtml(analysis)])
    expect(form).toContain('2 tensors stay with each call: 80 after 40 calls');
});

test('what stays once is not counted, nor missed what stays because a tidy around the calls holds more', () => {
  const { analysis, kept } = ran('packaged');
  expect([kept, analysis.leaks?.map(({ where, tensors }) => [where, tensors])]).toEqual([27, [['outside', 27]]]);
  expect(headlineOf(analysis).act).toMatch(/: 27 after 19 calls; .*answers\.cjs:\d+/);
});

test('what is made before the first call and what is made after the last one are not both of the leak', () => {
  const { analysis, kept } = ran('classified');
  const [leak] = analysis.leaks ?? [];
  // The labels look like what a call leaves: 31 places of time, and 30 calls.
  expect([leak?.where, leak?.tensors, leak?.perOccasion]).toEqual(['outside', kept, kept / 30]);
});

test('a model loaded anew for each request: one model, its weights stay with each load', () => {
  const { analysis, kept } = ran('reload');
  expect(analysis.models?.map(({ loads, calls }) => [loads, calls])).toEqual([[20, 20]]);
  expect(headlineOf(analysis).use).toMatch(/^No warm call was measured: each of the 20 calls .* newly loaded model\.$/);
  // The saved model's own weights stay too; they are no leak.
  expect([kept, analysis.leaks?.map(({ where, tensors, perOccasion }) => [where, tensors, perOccasion])]).toEqual([
    84,
    [['weights', 80, 4]],
  ]);
  expect(leakSentences(analysis.leaks ?? [])[0]).toMatch(
    /created or loaded 20 times, and the 4 tensors of each load stay: 80 tensors after 20 calls\. .*answers\.cjs:[34]\d/,
  );
});

test('a model made anew for each request, with weights of its own each time, is one model', () => {
  const { analysis, kept } = ran('remake');
  expect(analysis.models?.map(({ loads, calls }) => [loads, calls])).toEqual([[20, 20]]);
  expect([kept, analysis.leaks?.map(({ where, tensors, perOccasion }) => [where, tensors, perOccasion])]).toEqual([
    80,
    [['weights', 80, 4]],
  ]);
  expect(headlineOf(analysis).use).toMatch(/^No warm call was measured: each of the 20 calls/);
  expect(headlineOf(analysis).act).toMatch(
    /was created or loaded 20 times, and the 4 tensors of each load stay: 80 tensors after 20 calls\./,
  );
});

test('a copy of tfjs with an engine of its own is watched too, whichever was first', () => {
  const { analysis, kept } = ran('engines');
  expect(kept).toBe(30);
  expect(analysis.leaks?.map(({ where, tensors, perOccasion, calls, places }) => [where, tensors, perOccasion, calls, places])).toEqual([
    ['call', 30, 1, 30, [expect.stringMatching(/answers\.cjs:\d+$/)]],
  ]);
  expect(headlineOf(analysis).act).toMatch(/^1 tensor stays with each call: 30 after 30 calls; .*answers\.cjs:\d+/);
});

test('no alarm for a cache, a window, answers freed at the end, variables', () => {
  expect(ran('clean').analysis.leaks).toEqual([]);
});

test('two models are two sections, and not compared', () => {
  const { analysis, folder } = ran('models');
  expect(analysis.models?.map(({ name, calls }) => [name, calls])).toEqual([
    ['small', 20],
    ['large', 20],
  ]);
  expect([analysis.comparisons, analysis.variants.map(({ key }) => key)]).toEqual([[], ['small/predict', 'large/predict']]);
  expect(headlineOf(analysis).use).toMatch(
    /^2 models were called: small predict median .* \(19 warm calls, .*\); large predict median .*\.$/,
  );
  expect(renderReportMarkdown(analysis)).toMatch(/^### small\n[\s\S]*^### large\n/m);
  expect(renderReportHtml(analysis)).toMatch(/<h3>small<\/h3>[\s\S]*<h3>large<\/h3>/);
  const view = execFileSync(process.execPath, ['dist/cli/main.js', 'view', folder, '--text'], { encoding: 'utf8' });
  expect(view).toMatch(/2 models were called/);
  expect(view).not.toMatch(/× faster/);
});

test('thirty sizes: one cold call, latencies of all the others', () => {
  const { analysis } = ran('sizes');
  expect(analysis.variants.map(({ calls, cold }) => [calls, cold.length])).toEqual([[29, 1]]);
  expect(analysis.signatureGroups).toMatchObject([{ pattern: 'float32[1,?,?,3]', signatures: 30, calls: 30, built: 1 }]);
});

test('many rows: predict takes 32 at a time, and the advice says so; predictOnBatch takes them all, and there is none', () => {
  expect(ran('rows').analysis.advice.map(({ id, sentence }) => [id, sentence])).toContainEqual([
    'one-slice',
    'Call `predictOnBatch`, or give `predict` the option `batchSize`: it splits the 320 rows of a call into 10 slices and runs every layer for each.',
  ]);
  expect(ran('batch').analysis.advice.map(({ id }) => id)).not.toContain('one-slice');
});
