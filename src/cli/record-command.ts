import { spawn } from 'node:child_process';
import { once } from 'node:events';
import os from 'node:os';
import { createInterface } from 'node:readline';
import type { ProgramEnd, ProgramSpec } from '../measure/pairs/compare-programs.js';
import { recordingEnvironment } from './program.js';

/** Runs a command to its end in a shell with its calls recorded to `folder`. What it prints is not shown; its error, or its last line on stderr, is kept. */
export async function recordCommand(
  { command, cwd, env }: ProgramSpec,
  folder: string,
  signal: AbortSignal | undefined,
): Promise<ProgramEnd> {
  const child = spawn(command, {
    shell: true,
    stdio: ['ignore', 'ignore', 'pipe'],
    env: recordingEnvironment({ ...process.env, ...env }, folder),
    ...(cwd === undefined ? {} : { cwd }),
  });
  const stop = (): void => void child.kill();
  signal?.addEventListener('abort', stop, { once: true });
  let [lastLine, errorLine] = ['', ''];
  createInterface({ input: child.stderr }).on('line', (line) => {
    if (line.trim() !== '') lastLine = line.trim();
    // What an uncaught error says stands before its stack.
    if (/^\w*(Error|Exception)\b/.test(line)) errorLine = line.trim();
  });
  try {
    const [code, by] = (await once(child, 'close')) as [number | null, NodeJS.Signals | null];
    return { exitCode: code ?? 128 + (by === null ? 0 : os.constants.signals[by]), lastLine: errorLine === '' ? lastLine : errorLine };
  } finally {
    signal?.removeEventListener('abort', stop);
  }
}
