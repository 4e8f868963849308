import { mkdtempSync, writeFileSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { describe, expect, test } from 'vitest';
import { findPython } from '../../../src/engines/keras/python.js';
import type { AgentRecord } from '../../../src/engines/keras/protocol.js';
import { runAgent, type AgentEnd, type AgentProcessOptions } from '../../../src/engines/keras/agent-process.js';
import { kerasModel } from '../../../src/engines/keras/model-file.js';
import { python } from './python-here.js';

const folder = mkdtempSync(path.join(os.tmpdir(), 'inferscope-keras-'));
const SAY = 'import json, os, sys, time\ndef say(**record): os.write(3, (json.dumps(record) + "\\n").encode())\n';

/** Runs a few lines of Python in the agent's place. */
async function run(
  name: string,
  body: string,
  more: Partial<Pick<AgentProcessOptions, 'silenceMillis' | 'timeoutMillis' | 'signal'>> & { readonly onRecord?: () => void } = {},
): Promise<{ end: AgentEnd; records: AgentRecord[] }> {
  const agent = path.join(folder, `${name}.py`);
  writeFileSync(agent, SAY + body);
  const records: AgentRecord[] = [];
  const end = await runAgent({
    command: python!,
    request: {},
    timeoutMillis: 30_000,
    silenceMillis: 30_000,
    agent,
    ...more,
    onRecord: (record) => (records.push(record), more.onRecord?.()),
  });
  return { end, records };
}

const pidIn = ([first]: readonly AgentRecord[]): number => (first?.type === 'note' ? Number(first.text) : Number.NaN);

function alive(pid: number): boolean {
  try {
    return process.kill(pid, 0);
  } catch {
    return false;
  }
}

describe.skipIf(python === null)('the agent process [needs Python 3.7 or later on PATH]', () => {
  test('what the model prints stays out of the records, however much it is', async () => {
    const { end, records } = await run(
      'prints',
      'print("{\\"type\\":\\"note\\"}" * 50000); print("x" * 300000, file=sys.stderr)\nsay(type="note", text="a")\nsay(type="end")\n',
    );
    expect(records).toEqual([{ type: 'note', text: 'a' }, { type: 'end' }]);
    expect(end.complete).toBe(true);
  });

  test('a process that exits or is killed ends the session, incomplete, with its last words', async () => {
    const exited = await run('exits', 'say(type="note", text="a"); print("no weights", file=sys.stderr, flush=True); os._exit(3)\n');
    expect(exited.end).toMatchObject({ complete: false, exitCode: 3, stderrTail: 'no weights' });
    const killed = await run('killed', 'os.write(3, b\'{"type":"note","te\'); os.kill(os.getpid(), 9)\n');
    expect(killed.end).toMatchObject({ complete: false, signal: 'SIGKILL' });
    expect(killed.records).toEqual([]);
  });

  test('silence and the time limit end a run, each with its sentence', async () => {
    const silent = await run('silent', 'say(type="note", text="a"); time.sleep(60)\n', { silenceMillis: 1500 });
    expect(silent.end).toMatchObject({
      complete: false,
      signal: 'SIGKILL',
      cut: expect.stringContaining('silent for 2 s: a call of the model does not return'),
    });
    const long = await run('long', 'while True:\n  say(type="note", text="a"); time.sleep(0.1)\n', { timeoutMillis: 1500 });
    expect(long.end).toMatchObject({ complete: false, signal: 'SIGKILL', cut: expect.stringContaining('did not finish within 2 s') });
  });

  test('a Python that goes on speaking is not silent, however long it takes', async () => {
    const { end } = await run('speaks', 'for _ in range(12):\n  say(type="note", text="a"); time.sleep(0.25)\nsay(type="end")\n', {
      silenceMillis: 2000,
    });
    expect(end).toMatchObject({ complete: true, cut: null });
  });

  test.each([
    [
      'ignores SIGTERM and SIGINT',
      'import signal\nfor s in (signal.SIGTERM, signal.SIGINT): signal.signal(s, signal.SIG_IGN)\n',
      'time.sleep(60)',
    ],
    ['is stuck in native code that holds the interpreter', 'import ctypes\n', 'ctypes.PyDLL(None).sleep(60)'],
  ])('a Python that %s is killed when its time is up, and on Ctrl-C', async (_, prepare, stuck) => {
    const body = `${prepare}say(type="note", text=str(os.getpid()))\n${stuck}\n`;
    const cut = await run('stuck', body, { timeoutMillis: 3000 });
    expect(cut.end).toMatchObject({ complete: false, signal: 'SIGKILL', cut: expect.stringContaining('did not finish within 3 s') });
    const controller = new AbortController();
    const interrupted = await run('stuck', body, { signal: controller.signal, onRecord: () => controller.abort() });
    // Not by its time limit, which would end it as well.
    expect(interrupted.end).toMatchObject({ complete: false, interrupted: true, signal: 'SIGKILL', cut: null });
    for (const { records } of [cut, interrupted]) expect(alive(pidIn(records))).toBe(false);
  });

  test('an interrupt ends the process', async () => {
    const controller = new AbortController();
    const running = run('interrupted', 'say(type="note", text=str(os.getpid()))\ntime.sleep(60)\n', {
      signal: controller.signal,
      onRecord: () => controller.abort(),
    });
    const { end, records } = await running;
    expect(end).toMatchObject({ complete: false, interrupted: true, cut: null });
    expect(alive(pidIn(records))).toBe(false);
  });

  test('a line that is no record is an error of ours', async () => {
    await expect(run('wrong', 'say(type="call")\ntime.sleep(60)\n')).rejects.toThrow(
      /call record: it must have required property 'variant'/,
    );
  });

  test('a command that cannot be started is named', async () => {
    const agent = path.join(folder, 'unused.py');
    await expect(
      runAgent({ command: '/no/such/python', request: {}, timeoutMillis: 5000, silenceMillis: 5000, agent, onRecord: () => undefined }),
    ).rejects.toThrow('/no/such/python could not be started');
  });
});

/** A stand-in that answers the probe as a Python of some version with some packages would. */
function pretend(name: string, version: readonly number[], has: readonly string[]): string {
  const file = path.join(folder, name);
  writeFileSync(file, `#!/bin/sh\necho '${JSON.stringify({ version, executable: `/env/${name}`, has })}'\n`, { mode: 0o755 });
  return file;
}

describe.skipIf(process.platform === 'win32')('finding Python [not on Windows]', () => {
  const complete = pretend('complete', [3, 11, 7], ['tensorflow', 'keras']);

  test('--python wins; then $INFERSCOPE_PYTHON, then the active environment', async () => {
    const bare = pretend('bare', [3, 11, 7], []);
    expect(await findPython({ python: complete, env: { INFERSCOPE_PYTHON: bare } })).toEqual({
      command: complete,
      version: '3.11.7',
      how: '--python',
    });
    expect(await findPython({ env: { INFERSCOPE_PYTHON: complete, VIRTUAL_ENV: '/none' } })).toMatchObject({ how: '$INFERSCOPE_PYTHON' });
  });

  test('TensorFlow missing: says what to type', async () => {
    const bare = pretend('bare', [3, 11, 7], ['numpy']);
    await expect(findPython({ python: bare })).rejects.toThrow(
      'Python 3.11.7 at /env/bare (found by --python) has no TensorFlow: type `/env/bare -m pip install tensorflow-cpu`, or name another Python with --python PATH.',
    );
    await expect(findPython({ python: complete, env: { KERAS_BACKEND: 'jax' } })).rejects.toThrow(
      'has no jax: type `/env/complete -m pip install jax`',
    );
  });

  test('too old, not Python, not there', async () => {
    await expect(findPython({ python: pretend('old', [3, 6, 15], ['tensorflow']) })).rejects.toThrow(
      'is Python 3.6.15; the keras runtime needs 3.7 or later',
    );
    await expect(findPython({ python: '/bin/echo' })).rejects.toThrow('/bin/echo is not a Python that can be run');
    await expect(findPython({ env: { PATH: '/nowhere' }, cwd: folder })).rejects.toThrow('There is no Python here');
  });
});

describe('model files', () => {
  test('each kind is told by its name', () => {
    for (const name of ['m.h5', 'm.keras', 'm.py', 'm.txt']) writeFileSync(path.join(folder, name), '');
    expect(kerasModel(path.join(folder, 'm.h5'))).toMatchObject({ kind: 'file' });
    expect(kerasModel(path.join(folder, 'm.keras'))).toMatchObject({ kind: 'file' });
    expect(kerasModel(`${path.join(folder, 'm.py')}:make`)).toMatchObject({ kind: 'function', function: 'make' });
    expect(() => kerasModel(path.join(folder, 'm.py'))).toThrow('say which function returns the model');
    expect(() => kerasModel(path.join(folder, 'm.txt'))).toThrow('no Keras model');
    expect(() => kerasModel(folder)).toThrow('no saved_model.pb');
    expect(() => kerasModel('/no/such.keras')).toThrow('There is no model at');
  });
});
