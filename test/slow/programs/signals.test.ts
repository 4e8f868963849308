import { spawn, type ChildProcess } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { afterAll, expect, test, vi } from 'vitest';
import { readRun } from '../../../src/runs/run-folder.js';

mkdirSync('node_modules/.cache', { recursive: true });
const folder = mkdtempSync(path.resolve('node_modules/.cache/signals-'));
afterAll(() => rmSync(folder, { recursive: true }));

const PROGRAM = path.join(folder, 'app.cjs');
writeFileSync(
  PROGRAM,
  `const tf = require('@tensorflow/tfjs-node');
  const model = tf.sequential({ layers: [tf.layers.dense({ units: 3, inputShape: [4] })] });
  if (process.argv[2] === 'counts') for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) process.on(signal, () => console.log('got', signal));
  if (process.argv[2] === 'stubborn') process.on('SIGTERM', () => undefined);
  let calls = 0;
  setInterval(() => { tf.dispose(model.predict(tf.ones([2, 4]))); if (++calls === 5) console.log('pid', process.pid); }, 10);`,
);

interface Running {
  readonly run: ChildProcess;
  readonly out: string;
  readonly pid: number;
  readonly said: () => string;
}

let number = 0;
/** `inferscope run` in a group of its own, whose program has made some calls. */
async function running(...args: readonly string[]): Promise<Running> {
  const out = path.join(folder, `run-${++number}`);
  const run = spawn(process.execPath, ['dist/cli/main.js', 'run', '--out', out, '--', process.execPath, PROGRAM, ...args], {
    detached: true,
    stdio: ['ignore', 'pipe', 'ignore'],
  });
  let said = '';
  run.stdout.setEncoding('utf8').on('data', (part: string) => (said += part));
  await until(() => /pid \d+/.test(said));
  return { run, out, pid: Number(/pid (\d+)/.exec(said)?.[1]), said: () => said };
}

const until = (condition: () => boolean): Promise<true> => vi.waitUntil(condition, 60_000);

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch {
    return false;
  }
}

const ended = (run: ChildProcess): Promise<number | null> => new Promise((resolve) => run.once('close', resolve));

test.each([
  ['SIGTERM', 143],
  ['SIGINT', 130],
  ['SIGHUP', 129],
] as const)('%s to `inferscope run` alone ends the program, and the report is written', async (signal, code) => {
  const { run, out, pid } = await running();
  const closed = ended(run);
  run.kill(signal);
  expect(await closed).toBe(code);
  expect(isAlive(pid)).toBe(false);
  expect(readRun(out)[0]!.calls.length).toBeGreaterThanOrEqual(5);
});

test('a signal reaches the program once, whether it comes to the command alone or to its whole group', async () => {
  const { run, said } = await running('counts');
  const count = (signal: string): number => said().split(`got ${signal}`).length - 1;
  let sent = 0;
  for (let round = 0; round < 3; round++) {
    for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) {
      process.kill(-run.pid!, signal);
      await until(() => count(signal) > 2 * round);
      run.kill(signal);
      await until(() => count(signal) > 2 * round + 1);
      sent += 2;
    }
  }
  // One that was passed on twice would come within the time that the next one takes.
  expect(['SIGINT', 'SIGTERM', 'SIGHUP'].reduce((sum, signal) => sum + count(signal), 0)).toBe(sent);
  const closed = ended(run);
  process.kill(-run.pid!, 'SIGKILL');
  await closed;
});

test.each(['', 'stubborn'])('SIGKILL of `inferscope run` leaves no program behind %s, and what was recorded is readable', async (mode) => {
  const { run, out, pid } = await running(mode);
  run.kill('SIGKILL');
  await until(() => !isAlive(pid));
  expect(readRun(out)[0]!.calls.length).toBeGreaterThanOrEqual(5);
});
