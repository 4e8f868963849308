import { mkdtempSync, readFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { execa } from 'execa';
import { beforeAll, expect, it } from 'vitest';
import { openTensorFlow } from '../../src/engines/tensorflow/open.js';
import type { Sweep } from '../../src/model/sweep.js';
import { renderSweepHtml } from '../../src/report/studies/sweep/sweep.js';
import { sweepIn } from '../../src/runs/sweep-file.js';
import { viewed } from '../helpers/told-again.js';

const folder = mkdtempSync(path.join(tmpdir(), 'inferscope-sweep-'));
const model = (name: string): string => path.join(folder, name);

beforeAll(async () => {
  const { tf } = await openTensorFlow();
  const save = (name: string, made: { save(url: string): Promise<unknown> }): Promise<unknown> => made.save(`file://${model(name)}`);
  await save('sequence', tf.sequential({ layers: [tf.layers.simpleRNN({ inputShape: [null, 3], units: 4 })] }));
  await save(
    'image',
    tf.sequential({
      layers: [tf.layers.conv2d({ inputShape: [null, null, 3], filters: 4, kernelSize: 3 }), tf.layers.globalAveragePooling2d({})],
    }),
  );
  for (const units of [8, 16, 32]) await save(`mlp-${units}`, tf.sequential({ layers: [tf.layers.dense({ inputShape: [4], units })] }));
});

const run = (...args: string[]) => execa('node', ['dist/cli/main.js', 'sweep', ...args], { reject: false });

async function sweep(...args: string[]): Promise<{ result: Sweep; html: string }> {
  const out = mkdtempSync(path.join(folder, 'out-'));
  const { stdout, stderr, exitCode } = await run(...args, '--passes', '2', '--calls', '20', '--warmup', '2', '--json', '--out', out);
  expect(exitCode, stderr).toBe(0);
  const result = JSON.parse(stdout) as Sweep;
  const html = readFileSync(path.join(out, 'report.html'), 'utf8');
  // What the command said, its folder says again.
  const again = sweepIn(out);
  expect((await viewed(out)).data).toEqual(result);
  expect(again === null ? null : renderSweepHtml(again)).toBe(html);
  return { result, html };
}

it('sweeps the batch of two variants, with a plot, fits or refusals, and crossovers', async () => {
  const { result, html } = await sweep(
    'test/fixtures/layers-tiny',
    '--batch',
    '1,8,64',
    '--at',
    '8',
    '--variants',
    'uncompiled/predict,compiled/predict',
  );
  expect(result).toMatchObject({ dimension: 'batch', sizes: [1, 8, 64], items: [1, 8, 64], at: 8 });
  expect(result.variants.map(({ key, points }) => [key, points.length])).toEqual([
    ['uncompiled/predict', 6],
    ['compiled/predict', 6],
  ]);
  for (const { result: fit, overheadShare } of result.variants) {
    expect(fit.fit?.residuals).toHaveLength(3);
    if (fit.kind === 'line') expect(overheadShare!.interval[0]).toBeLessThanOrEqual(overheadShare!.value);
    else expect(fit.reason).toMatch(/not a line/);
  }
  expect(html).toContain('<svg class="sweep"');
  expect(html).not.toMatch(/<script|\sstyle="/);
});

it('sweeps sequence, image and width', async () => {
  const [sequence, image, width] = [
    await sweep(model('sequence'), '--sequence', '2,4,8', '--shape', '1,n,3', '--variants', 'uncompiled/predict'),
    await sweep(model('image'), '--image', '8,16,32', '--shape', '1,n,n,3', '--variants', 'uncompiled/predict'),
    await sweep(model('mlp-{width}'), '--width', '8,16,32', '--variants', 'uncompiled/predict'),
  ];
  expect(sequence.result.environment).toContainEqual(['last input', 'float32[1,8,3]']);
  expect(image.result.items).toEqual([64, 256, 1024]);
  expect(image.result.environment).toContainEqual(['last input', 'float32[1,32,32,3]']);
  expect(width.result.items).toEqual([40, 80, 160]);
});

it('refuses what is no range, without a place for the size, and two dimensions at once', async () => {
  const tiny = 'test/fixtures/layers-tiny';
  const cases: [string[], string][] = [
    [['--batch', '1,2'], 'three or more different whole numbers'],
    [['--batch', '0,foo'], '--batch 0,foo must be three or more different whole numbers'],
    [['--sequence', '1,2,3'], 'needs a place for the size'],
    [['--width', '1,2,3'], 'write {width} where it stands'],
    [['--image', '1,2,3', '--sequence', '1,2,3'], 'one dimension at a time'],
  ];
  for (const [args, part] of cases) {
    const { exitCode, stderr } = await run(tiny, ...args);
    expect([exitCode, stderr]).toEqual([64, expect.stringContaining(part)]);
  }
});
