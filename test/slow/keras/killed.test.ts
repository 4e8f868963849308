import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdtempSync, readFileSync, writeFileSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { describe, expect, onTestFinished, test, vi } from 'vitest';
import { environment, root } from './environments.js';

const python = await environment('tf-2.15.1');

/** A model that is called once, and then stuck where no signal but SIGKILL reaches it. */
const MODEL = `
import ctypes, os, signal
import tensorflow as tf
signal.signal(signal.SIGTERM, signal.SIG_IGN)

class Stuck(tf.keras.layers.Layer):
    def call(self, x):
        open(os.environ['STARTED'], 'w').write(str(os.getpid()))
        ctypes.PyDLL(None).sleep(600)
        return x

def make():
    inputs = tf.keras.layers.Input((3,))
    model = tf.keras.Model(inputs, tf.keras.layers.Dense(2)(inputs))
    model.predict = lambda *args, **kwargs: Stuck()(tf.zeros([1, 3]))
    return model
`;

/** `inferscope profile` in a process group of its own, once its model is stuck. */
async function stuckProfile() {
  const folder = mkdtempSync(path.join(os.tmpdir(), 'inferscope-killed-'));
  writeFileSync(path.join(folder, 'app.py'), MODEL);
  const started = path.join(folder, 'pid');
  const args = [
    path.join(root, 'dist/cli/main.js'),
    'profile',
    `${path.join(folder, 'app.py')}:make`,
    '--python',
    python!,
    '--variants',
    'uncompiled/predict',
    '--out',
    path.join(folder, 'run'),
  ];
  const child = spawn(process.execPath, args, {
    detached: true,
    stdio: ['ignore', 'ignore', 'pipe'],
    env: { ...process.env, STARTED: started },
  });
  let stderr = '';
  child.stderr.setEncoding('utf8').on('data', (chunk: string) => (stderr += chunk));
  await vi.waitFor(() => expect(existsSync(started) && readFileSync(started, 'utf8')).toMatch(/^\d+$/), {
    timeout: 300_000,
    interval: 200,
  });
  const pid = Number(readFileSync(started, 'utf8'));
  onTestFinished(() => [-child.pid!, pid].forEach(end));
  return { child, pid, stderr: () => stderr };
}

/** What a failed test left. */
function end(pid: number): void {
  try {
    process.kill(pid, 'SIGKILL');
  } catch {
    // It has ended, as it should.
  }
}

/** A zombie that nobody has collected yet is dead. */
function alive(pid: number): boolean {
  const stat = `/proc/${pid}/stat`;
  return existsSync(stat) && !/\) Z /.test(readFileSync(stat, 'utf8'));
}

const dies = (pid: number): Promise<void> => vi.waitFor(() => expect(alive(pid)).toBe(false), { timeout: 30_000 });

describe.skipIf(python === null || process.platform !== 'linux')(
  'a model stuck in native code, with SIGTERM ignored [needs Linux and Python with TensorFlow]',
  () => {
    test('Ctrl-C, which the terminal sends to Python too, ends both', async () => {
      const { child, pid, stderr } = await stuckProfile();
      process.kill(-child.pid!, 'SIGINT');
      const [code] = (await once(child, 'exit')) as [number | null];
      expect(code).toBe(130);
      expect(stderr()).toContain('inferscope: Interrupted before anything was measured.');
      await dies(pid);
    });

    test('Python dies with an Inferscope that is killed', async () => {
      const { child, pid } = await stuckProfile();
      expect(alive(pid)).toBe(true);
      child.kill('SIGKILL');
      await dies(pid);
    });
  },
);
