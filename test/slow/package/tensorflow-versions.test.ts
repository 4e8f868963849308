import { mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { execa } from 'execa';
import { expect, test } from 'vitest';
import { readRun } from '../../../src/runs/run-folder.js';

test('compare sets another TensorFlow up beside this one, and measures one side with it', async () => {
  const model = path.resolve('test/fixtures/layers-tiny');
  const cwd = mkdtempSync(path.join(tmpdir(), 'inferscope-versions-'));
  const few = ['--pairs', '3', '--max-pairs', '3', '--duration', '0.2', '--json', '--out', 'run'];
  const { stdout, stderr, exitCode } = await execa(
    process.execPath,
    [path.resolve('dist/cli/main.js'), 'compare', model, model, '--tensorflow-b', '2.15.1', ...few],
    { reject: false, cwd },
  );
  expect(exitCode, stderr).toBe(0);
  const recordings = readRun(path.join(cwd, 'run'));
  const versions = (side: string) => [
    ...new Set(recordings.flatMap(({ meta }) => (meta.pair?.side === side ? [meta.environment.tensorflow] : []))),
  ];
  expect(versions('candidate')).toEqual(['2.15.1']);
  const [own] = versions('baseline');
  const { notes } = JSON.parse(stdout) as { readonly notes: readonly string[] };
  expect(notes).toContain(`The sides differ in TensorFlow (${own} against 2.15.1).`);
  expect(notes).toContain('Both sides gave the same outputs, to the last bit.');
  // Operations inside a session run are only seen by the add-on, which must fit the other library as well.
  expect(recordings.flatMap(({ meta, details }) => (meta.pair?.side === 'candidate' ? [details.length > 1] : []))).toEqual([
    true,
    true,
    true,
  ]);
}, 600_000);
