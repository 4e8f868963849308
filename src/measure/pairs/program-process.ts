/**
 * A process of ours between `compare --run` and a program, so that the program and all that it starts end when the comparison ends,
 * whatever ended that: they are one process group, and this process hears when nobody asks any more.
 */
import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import os from 'node:os';
import { createInterface } from 'node:readline';
import { answerEach } from '../child.js';
import type { ProgramEnd, ProgramStart } from './compare-programs.js';

/** As long as a program may take to end by itself when it is asked to. */
const PATIENCE_MILLIS = 2000;

let running: ChildProcess | undefined;

/** Windows has no process groups. */
function signalAll(signal: NodeJS.Signals): void {
  if (running?.pid === undefined) return;
  try {
    if (process.platform === 'win32') running.kill(signal);
    else process.kill(-running.pid, signal);
  } catch (thrown) {
    // All of it has ended.
    if ((thrown as NodeJS.ErrnoException).code !== 'ESRCH') throw thrown;
  }
}

/** Runs a command to its end in a shell. What it prints is not shown; its error, or its last line on stderr, is kept. */
async function runToEnd({ command, cwd, env }: ProgramStart): Promise<ProgramEnd> {
  const child = spawn(command, {
    shell: true,
    detached: true,
    stdio: ['ignore', 'ignore', 'pipe'],
    env,
    ...(cwd === undefined ? {} : { cwd }),
  });
  running = child;
  let [lastLine, errorLine] = ['', ''];
  createInterface({ input: child.stderr }).on('line', (line) => {
    if (line.trim() !== '') lastLine = line.trim();
    // What an uncaught error says stands before its stack.
    if (/^\w*(Error|Exception)\b/.test(line)) errorLine = line.trim();
  });
  const closed = once(child, 'close');
  const [code, by] = (await once(child, 'exit')) as [number | null, NodeJS.Signals | null];
  // What it left running in the background ends with it, and would hold its stderr open.
  signalAll('SIGKILL');
  await closed;
  return { exitCode: code ?? 128 + (by === null ? 0 : os.constants.signals[by]), lastLine: errorLine === '' ? lastLine : errorLine };
}

process.on('SIGTERM', () => {
  signalAll('SIGTERM');
  running?.once('exit', () => process.exit());
  setTimeout(() => process.exit(), PATIENCE_MILLIS);
});
process.on('exit', () => {
  signalAll('SIGKILL');
});
await answerEach(async (question) => await runToEnd(question as ProgramStart));
