import { mkdtempSync, readFileSync, readdirSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { inflateRawSync } from 'node:zlib';
import { execa } from 'execa';
import { expect, test } from 'vitest';
import type { ScriptStacks } from '../../src/model/script.js';
import { SPAN_KINDS } from '../../src/model/span.js';
import type { PackedDiff, PageData } from '../../src/report/page/page-data.js';

/** A data block of a report, inflated where the report is large. */
function dataBlock(page: string, id: string): unknown {
  const [, encoding, text = ''] = new RegExp(`<script [^>]*id="${id}"( data-encoding="deflate-raw")?>([^<]*)<`).exec(page)!;
  return JSON.parse(encoding === undefined ? text : inflateRawSync(Buffer.from(text, 'base64')).toString('utf8'));
}

const CLI = path.resolve('dist/cli/main.js');
const out = path.join(mkdtempSync(path.join(tmpdir(), 'inferscope-js-')), 'run');
const run = (...args: string[]) => execa(process.execPath, [CLI, ...args], { reject: false });

test('profile --js shows JavaScript below the stages, native operations by name, in every file', async () => {
  const { stdout, exitCode } = await run(
    'profile',
    path.resolve('test/fixtures/layers-tiny'),
    '--batch',
    '8',
    '--variants',
    'uncompiled/predict,graph/predict',
    '--calls',
    '30',
    '--warmup',
    '2',
    '--quick',
    '--js',
    '--out',
    out,
    '--json',
  );
  expect(exitCode).toBe(0);
  const report = JSON.parse(stdout);
  // The hundreds of sampled calls are in no other figure (of the 30 a few may look inside and do not count either).
  expect(report.variants[0].calls).toBeGreaterThan(15);
  expect(report.variants[0].calls).toBeLessThanOrEqual(30);
  expect(Number(/in (\d+) separate calls/.exec(report.notes.join('\n'))?.[1])).toBeGreaterThan(30);
  expect(report.notes.join('\n')).toMatch(/JavaScript of uncompiled\/predict: \d+ V8 samples/);
  expect(readdirSync(path.join(out, 'js')).sort()).toEqual([
    'graph-predict.cpuprofile',
    'graph-predict.html',
    'stacks.json',
    'uncompiled-predict.cpuprofile',
    'uncompiled-predict.html',
  ]);
  expect(report.files.map(({ format }: { format: string }) => format)).toEqual(expect.arrayContaining(['cpuprofile', '0x']));

  const read = (name: string): string => readFileSync(path.join(out, name), 'utf8');
  expect(read('js/uncompiled-predict.cpuprofile')).toMatch(/"functionName":"tf_op_BatchMatMulV2"/);
  expect(read('js/uncompiled-predict.cpuprofile')).not.toMatch(/"functionName":""/);
  expect(read('js/uncompiled-predict.html')).toContain('tf_op_BatchMatMulV2');
  const page = read('report.html');
  expect(page).toContain('<a href="js/uncompiled-predict.html">');
  const { strings } = dataBlock(page, 'data') as PageData;
  expect(strings.join('\n')).toMatch(/^Engine\.\w+ tf-core\.node\.js:\d+$/m);

  // The difference has them too: nothing of the dispatch is left in the graph, and each frame says how sure that is.
  const { tree, total } = dataBlock(page, 'data-diff-0') as PackedDiff;
  const functions = tree.kind.flatMap((kind, row) => (SPAN_KINDS[kind] === 'script' ? [row] : []));
  expect(functions.length).toBeGreaterThan(10);
  for (const row of functions)
    if (total.significant[row] === 1) expect(Math.abs(tree.total[1]![row]! - tree.total[0]![row]!)).toBeGreaterThan(total.half[row]! - 0.2);

  // Two clocks, one answer: V8 was in an operation's function while the span of that operation was open.
  const { variants } = JSON.parse(read('js/stacks.json')) as ScriptStacks;
  let [inside, all] = [0, 0];
  for (const { path: way, stacks } of variants[0]!.spans) {
    for (const { frames, samples } of stacks) {
      const operation = /^tf_op_(\w+)$/.exec(frames.at(-1) ?? '')?.[1];
      if (operation === undefined) continue;
      all += samples;
      if (way.at(-1)?.kind === 'kernel' && way.at(-1)?.name === operation) inside += samples;
    }
  }
  expect(all).toBeGreaterThan(20);
  expect(inside / all).toBeGreaterThan(0.9);

  const again = await run('view', out, '--text');
  expect(again.stdout).toMatch(/tf-core\.node\.js:\d+`/);
  const speedscope = await run('export', out, '--to', 'speedscope', '--out', '-');
  expect(speedscope.stdout).toMatch(/tf-core\.node\.js:\d+/);
});

test('--js of a Keras model is refused in one sentence', async () => {
  const { stderr, exitCode } = await run('profile', 'model.keras', '--js');
  expect(exitCode).toBe(64);
  expect(stderr).toMatch(/^inferscope: --js samples JavaScript, and a Keras model runs in Python/);
});
