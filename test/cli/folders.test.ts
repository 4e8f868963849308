/** Through the command line: what folders commands write to, and what `--overwrite` may replace. Needs `npm run build`. */
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { execa } from 'execa';
import { expect, test } from 'vitest';
import { readForeignProfile } from '../helpers/foreign-profile.js';
import { readRun } from '../../src/runs/run-folder.js';
import { RecordingBuilder } from '../../src/telemetry/spans/recording-builder.js';
import { callTrees, type SpanNode } from '../../src/telemetry/spans/span-tree.js';
import { spansFromRecording } from '../../src/telemetry/spans/spans-from-recording.js';
import { tracesDataFromSpans } from '../../src/formats/otlp/write-json.js';
import { writeRecording } from '../../src/record/writer.js';
import { manyCalls } from '../helpers/drawn-lines.js';

const PROGRAM = path.resolve('test/telemetry/live/programs/counting.cjs');
const home = (): string => mkdtempSync(path.join(tmpdir(), 'inferscope-folders-'));
const inferscope = (...args: readonly string[]) => execa('node', ['dist/cli/main.js', ...args], { reject: false, stdin: 'ignore' });

test.concurrent('run: a folder belongs to one run, whose calls --overwrite replaces, and what no run wrote stays', async () => {
  const out = path.join(home(), 'run');
  const run = (calls: number, ...options: string[]) =>
    inferscope('run', '--out', out, ...options, '--', process.execPath, PROGRAM, String(calls));
  const callsIn = (): number => readRun(out).reduce((sum, { calls }) => sum + calls.length, 0);
  expect((await run(7)).exitCode).toBe(0);
  expect(callsIn()).toBe(7);

  const refused = await run(9);
  expect([refused.exitCode, refused.stdout]).toEqual([64, '']);
  expect(refused.stderr).toContain(
    `${out} is not empty, and a folder belongs to one run: choose another with --out, or replace that run with --overwrite.`,
  );
  expect(callsIn()).toBe(7);

  expect((await run(9, '--overwrite')).exitCode).toBe(0);
  expect(callsIn()).toBe(9);

  writeFileSync(path.join(out, 'thesis.tex'), 'mine');
  const foreign = await run(3, '--overwrite');
  expect([foreign.exitCode, foreign.stdout]).toEqual([64, '']);
  expect(foreign.stderr).toContain(`${out} holds thesis.tex, which no run wrote`);
  expect([callsIn(), readFileSync(path.join(out, 'thesis.tex'), 'utf8')]).toEqual([9, 'mine']);
});

test.concurrent('compare: an earlier comparison is replaced with --overwrite alone, a run’s own report never', async () => {
  const folder = home();
  const [before, after, out] = ['before.txt', 'after.txt', 'cmp'].map((name) => path.join(folder, name)) as [string, string, string];
  writeFileSync(before, 'a;b 10\n');
  writeFileSync(after, 'a;c 30\n');
  const compare = (to: string, ...options: string[]) => inferscope('compare', before, after, '--out', to, ...options);
  expect((await compare(out)).exitCode).toBe(0);
  const [second, third] = [await compare(out), await compare(out, '--overwrite')];
  expect([second.exitCode, third.exitCode]).toEqual([64, 0]);
  expect(second.stderr).toContain('--overwrite');
  mkdirSync(path.join(folder, 'run/recordings'), { recursive: true });
  writeFileSync(path.join(folder, 'run/report.html'), 'of a run');
  expect((await compare(path.join(folder, 'run'), '--overwrite')).exitCode).toBe(64);
  expect(readFileSync(path.join(folder, 'run/report.html'), 'utf8')).toBe('of a run');
});

test.concurrent('a recording of 20,000 nested spans is shown, and exported to folders that are not there yet', async () => {
  const folder = home();
  const file = path.join(folder, 'deep.isr');
  const [call] = callTrees(tracesDataFromSpans([...spansFromRecording(manyCalls(1)).rows()].map(({ span }) => span))).calls;
  let deepest: SpanNode = { ...call!.children[0]!, children: [] };
  for (let depth = 1; depth < 20_000; depth++) deepest = { ...deepest, children: [deepest] };
  const builder = new RecordingBuilder();
  builder.addCall({ ...call!, children: [deepest] });
  writeRecording(file, builder.finish()!);

  const shown = await inferscope('view', file, '--text');
  expect([shown.exitCode, shown.stderr]).toEqual([0, '']);
  const [speedscope, spans] = await Promise.all([
    inferscope('export', file, '--to', 'speedscope', '--out', path.join(folder, 'a/b')),
    inferscope('export', file, '--to', 'otlp-json', '--out', path.join(folder, 'c/d')),
  ]);
  expect([speedscope.stderr, spans.stderr]).toEqual(['', '']);
  const [name] = readdirSync(path.join(folder, 'a/b'));
  let { tree } = readForeignProfile(name!, readFileSync(path.join(folder, 'a/b', name!)))[0]!;
  let depth = 0;
  for (; tree.children.length > 0; tree = tree.children[0]!) depth++;
  expect(depth).toBe(20_000);
  expect(readdirSync(path.join(folder, 'c/d'))).toEqual(['spans.otlp.jsonl']);
});
