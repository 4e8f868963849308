import { mkdtempSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { execa } from 'execa';
import { expect, test } from 'vitest';
import { readRun } from '../../../src/runs/run-folder.js';
import { environment, root } from './environments.js';

const python = await environment('tf-2.15.1');
const KERAS = `${path.join(root, 'src/engines/keras/seed_models.py')}:tiny`;

test.skipIf(python === null)(
  'compare runs a Keras model and one of tfjs alternately, says that their outputs were not compared, and in what else they differ [needs Python with TensorFlow]',
  async () => {
    const cwd = mkdtempSync(path.join(os.tmpdir(), 'inferscope-keras-compare-'));
    const run = (...args: readonly string[]) =>
      execa(process.execPath, [path.join(root, 'dist/cli/main.js'), ...args], { reject: false, cwd });
    const few = ['--pairs', '1', '--max-pairs', '1', '--duration', '0.2', '--python', python!, '--json', '--out', 'run'];
    const { stdout, stderr, exitCode } = await run('compare', KERAS, path.join(root, 'test/fixtures/layers-tiny'), ...few);
    expect(exitCode, stderr).toBe(0);
    const said = JSON.parse(stdout);
    expect(readRun(path.join(cwd, 'run')).map(({ meta }) => [meta.pair?.side, meta.pair?.turns, meta.model.runtime])).toEqual([
      ['baseline', 'runs', 'keras'],
      ['candidate', 'runs', 'layers-model'],
    ]);
    expect(said.notes).toContain('The outputs were not compared: a model in a process of its own keeps them there.');
    expect(said.notes).toContainEqual(
      expect.stringMatching(/^The sides differ in runtime \(keras against layers-model\), backend \(keras-tensorflow against tensorflow\)/),
    );
    // One pair says nothing of how pairs differ.
    expect(said.comparisons.map(({ verdict }: { verdict: string }) => verdict)).toEqual(['cannot-tell']);
    expect(said.variants.map(({ key }: { key: string }) => key)).toEqual([
      'uncompiled/predict (baseline)',
      'uncompiled/predict (candidate)',
    ]);
    const again = JSON.parse((await run('view', 'run', '--text', '--json')).stdout);
    expect(again.comparisons).toEqual(said.comparisons);
  },
  300_000,
);
