import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import path from 'node:path';
import { text } from 'node:stream/consumers';
import { describe, expect, test } from 'vitest';

interface Ended {
  readonly code: number | null;
  readonly by: NodeJS.Signals | null;
  readonly said: string;
  readonly remarks: string;
}

const HEAD = `
  import { onInterrupt } from './dist/cli/interrupt.js';
  import { writeSync } from 'node:fs';
  const interrupt = onInterrupt((text) => writeSync(2, text + '\\n'));
  const spin = (millis) => { for (const end = Date.now() + millis; Date.now() < end; ); };
  writeSync(1, 'ready\\n');`;

/** Runs a program that has asked for interrupts, and sends it `signals` when it says that it is ready. */
async function interrupted(source: string, ...signals: readonly NodeJS.Signals[]): Promise<Ended> {
  const child = spawn(process.execPath, ['--input-type=module', '-e', HEAD + source], { stdio: ['ignore', 'pipe', 'pipe'] });
  const closed = once(child, 'close') as Promise<[number | null, NodeJS.Signals | null]>;
  child.stdout.once('data', () => signals.forEach((signal) => child.kill(signal)));
  const [said, remarks, [code, by]] = await Promise.all([text(child.stdout), text(child.stderr), closed]);
  return { code, by, said, remarks };
}

// A process that goes on hangs its test: the deadline of vitest is the assertion.
describe.runIf(process.platform === 'linux')('Ctrl-C and SIGTERM [needs Linux]', { concurrent: true }, () => {
  test.each(['SIGINT', 'SIGTERM'] as const)('%s ends a process whose thread is blocked for ever', async (signal) => {
    const { code, by, remarks } = await interrupted('for (;;) spin(1000);', signal);
    expect([code, by]).toEqual([130, null]);
    expect(remarks).toMatch(/^Stopped: the running call did not return\. .*\n$/);
  });

  test('a loop of promises, which never lets the event loop turn, is as good as blocked', async () => {
    const { code, remarks } = await interrupted('for (;;) await null;', 'SIGINT');
    expect(code).toBe(130);
    expect(remarks).toContain('did not return');
  });

  test('what hears the signal and only waits is ended too', async () => {
    const { code, remarks } = await interrupted('setInterval(() => undefined, 1000); await new Promise(() => undefined);', 'SIGTERM');
    expect(code).toBe(130);
    expect(remarks).toMatch(/^Stopping: .*\nStopped: /);
  });

  test.each([
    ['once', ['SIGINT']],
    ['twice', ['SIGINT', 'SIGTERM']],
  ] as const)('folders in the temporary one are gone when a process that waits is ended, signalled %s', async (_times, signals) => {
    const { code, said } = await interrupted(
      `import { scratchFolder } from './dist/engines/scratch-folder.js';
        writeSync(1, scratchFolder('interrupted').path);
        setInterval(() => undefined, 1000); await new Promise(() => undefined);`,
      ...signals,
    );
    const [, folder = ''] = said.split('\n');
    expect([code, path.basename(folder).startsWith('inferscope-interrupted-'), existsSync(folder)]).toEqual([130, true, false]);
  });

  test('a report that takes longer than that is written to its end', async () => {
    const { code, said, remarks } = await interrupted(
      `await new Promise((resolve) => { const wait = setInterval(() => undefined, 50); interrupt.signal.addEventListener('abort', () => { clearInterval(wait); resolve(); }); });
        for (let part = 0; part < 12; part++) { spin(200); await new Promise(setImmediate); }
        writeSync(1, 'written'); interrupt.done(); process.exitCode = 130;`,
      'SIGINT',
    );
    expect([code, said]).toEqual([130, 'ready\nwritten']);
    expect(remarks).toMatch(/^Stopping: .*\n$/);
  });

  test('a thread that was blocked for a while only hears it afterwards', async () => {
    const { code, said } = await interrupted(
      "spin(700); setTimeout(() => undefined, 100); await new Promise((resolve) => interrupt.signal.addEventListener('abort', resolve)); writeSync(1, 'stopped'); interrupt.done(); process.exitCode = 130;",
      'SIGINT',
    );
    expect([code, said]).toEqual([130, 'ready\nstopped']);
  });

  test('after the run a signal ends the process as it ends any other', async () => {
    const { code, by, remarks } = await interrupted(
      "interrupt.done(); setInterval(() => undefined, 1000); process.kill(process.pid, 'SIGTERM');",
    );
    expect([code, by, remarks]).toEqual([null, 'SIGTERM', '']);
  });
});
