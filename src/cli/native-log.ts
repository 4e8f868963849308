import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { closeSync, writeSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { loadAddon } from '../engines/tensorflow/session/addon.js';
import { heapIsFull } from '../model/full-heap.js';
import { END_OF_LOG } from './log-lines.js';

/** TensorFlow's own log while a command runs: it writes to descriptor 2, past everything that JavaScript could catch. */
export interface NativeLog {
  /** Ends it. What was held back goes to `file`; nowhere without one. */
  stop(file?: string): Promise<void>;
}

const OFF: NativeLog = { stop: () => Promise.resolve() };
const MAX_WAIT_MILLIS = 2000;

/**
 * Puts a process of its own between descriptor 2 and the terminal, which holds back the lines of TensorFlow's log and
 * passes everything else on at once. It ends when we do, however we end: after a crash it prints what it held back too, after one
 * for want of memory only what helps.
 * Where the add-on is missing the log is simply seen.
 */
export function holdBackNativeLog(): NativeLog {
  const loaded = loadAddon();
  if (loaded.status !== 'ready' || typeof loaded.addon.pipeStderr !== 'function') return OFF;
  const { addon } = loaded;
  // A terminal is opened now, under a descriptor of its own: progress bars do not go through the pipe.
  process.stderr.write('');
  const ends = addon.pipeStderr();
  if (ends === undefined) return OFF;
  const [readEnd, saved] = ends;
  const restore = (): void => addon.restoreStderr(saved);
  try {
    // Not in our process group: Ctrl-C ends us, and the filter has to print what we say then.
    const filter = spawn(
      process.execPath,
      [fileURLToPath(new URL('./log-filter.js', import.meta.url)), `inferscope: ${heapIsFull(process.execArgv)}`],
      {
        stdio: [readEnd, 'ignore', saved],
        detached: true,
        env: {},
      },
    );
    let filters = true;
    // It never started (no file handle, no process left), or somebody ended it.
    const gone = (): void => {
      filters = false;
      restore();
    };
    const ended = once(filter, 'exit').then(gone, gone);
    filter.unref();
    closeSync(readEnd);
    return {
      async stop(file = '') {
        try {
          if (filters) writeSync(2, `${END_OF_LOG}${file}\n`);
        } finally {
          restore();
        }
        const late = new Promise((resolve) => setTimeout(resolve, MAX_WAIT_MILLIS, undefined).unref());
        filter.ref();
        await Promise.race([ended, late]);
        filter.unref();
      },
    };
  } catch {
    restore();
    closeSync(readEnd);
    return OFF;
  }
}
