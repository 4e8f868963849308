import { createInterface } from 'node:readline';
import type { Readable } from 'node:stream';
import { fileURLToPath } from 'node:url';
import { EXIT, UserError } from '../../model/errors.js';
import type { AgentRecord } from './protocol.js';
import { parseAgentRecord } from './schema.js';

/** What starts a module of the Python package `inferscope_agent`, which it is given by name. */
export const AGENT = fileURLToPath(new URL('./agent.py', import.meta.url));

/** The pipe that the agent writes records to: standard output stays the model's. */
const RECORDS_FD = 3;

export interface AgentProcessOptions {
  readonly command: string;
  /** What inferscope_agent/measure.py takes; see its `work`. */
  readonly request: Readonly<Record<string, unknown>>;
  readonly env?: NodeJS.ProcessEnv;
  readonly cwd?: string;
  /** The whole run. */
  readonly timeoutMillis: number;
  /** The longest time without a record: a call that never returns. */
  readonly silenceMillis: number;
  readonly signal?: AbortSignal;
  /** Takes each record as it arrives. A throw ends the process. */
  readonly onRecord: (record: AgentRecord) => void;
  /** Another agent, for tests. */
  readonly agent?: string;
}

/** How a process ended. `complete` is true when the agent said so itself. */
export interface AgentEnd {
  readonly complete: boolean;
  readonly exitCode: number | undefined;
  readonly signal: string | undefined;
  /** The last lines of standard error, for the error message. */
  readonly stderrTail: string;
  readonly interrupted: boolean;
  /** Why Python was killed before its end; null where it was not. */
  readonly cut: string | null;
}

/**
 * Runs the agent to its end, or kills it when its time is up, and hands over its records.
 *
 * @throws UserError when the process cannot be started.
 */
export async function runAgent(options: AgentProcessOptions): Promise<AgentEnd> {
  const stopped = new AbortController();
  // Loaded when it is needed: it is no CommonJS, which this file is bundled into.
  const { execa } = await import('execa');
  const child = execa(options.command, ['-u', options.agent ?? AGENT, 'measure', String(RECORDS_FD), JSON.stringify(options.request)], {
    // Standard output is the model's: read and dropped, so that it can neither block nor mix with ours.
    stdio: ['ignore', 'pipe', 'pipe', 'pipe'],
    buffer: false,
    reject: false,
    // The agent holds nothing that a gentle end would save, and native code may sit on a SIGTERM for minutes.
    killSignal: 'SIGKILL',
    timeout: options.timeoutMillis,
    cancelSignal: options.signal === undefined ? stopped.signal : AbortSignal.any([options.signal, stopped.signal]),
    ...(options.env === undefined ? {} : { env: options.env }),
    ...(options.cwd === undefined ? {} : { cwd: options.cwd }),
  });
  child.stdout.resume();
  const tail = tailOf(child.stderr);
  const state = { silent: false };
  const watch = watchdog(options.silenceMillis, () => {
    state.silent = true;
    stopped.abort();
  });
  let complete: boolean;
  try {
    complete = await readRecords(child.stdio[RECORDS_FD], watch.restart, options.onRecord);
  } finally {
    watch.stop();
    stopped.abort();
  }
  const end = await child;
  const cut = cutBy(end.timedOut, state.silent, options);
  if (cut === null && end.exitCode === undefined && end.signal === undefined && !complete)
    throw new UserError(`${options.command} could not be started: ${end.shortMessage ?? 'unknown reason'}`, EXIT.unavailable);
  return { complete, exitCode: end.exitCode, signal: end.signal, stderrTail: tail(), interrupted: options.signal?.aborted === true, cut };
}

function cutBy(timedOut: boolean, silent: boolean, { timeoutMillis, silenceMillis }: AgentProcessOptions): string | null {
  if (timedOut) return `the Keras run did not finish within ${seconds(timeoutMillis)}: give it fewer calls or variants`;
  return silent ? `Python was silent for ${seconds(silenceMillis)}: a call of the model does not return` : null;
}

/** True when the agent's `end` record came. */
async function readRecords(pipe: Readable, heard: () => void, onRecord: (record: AgentRecord) => void): Promise<boolean> {
  let complete = false;
  for await (const line of createInterface({ input: pipe, crlfDelay: Infinity })) {
    heard();
    // The last line of a killed process may be cut off.
    if (!line.endsWith('}')) continue;
    const record = parseAgentRecord(line);
    onRecord(record);
    if (record.type === 'end') {
      complete = true;
      break;
    }
  }
  return complete;
}

function watchdog(millis: number, bark: () => void): { restart: () => void; stop: () => void } {
  const timer = setTimeout(bark, millis);
  return { restart: () => void timer.refresh(), stop: () => clearTimeout(timer) };
}

/** Keeps the end of a stream: TensorFlow may write megabytes of warnings. */
function tailOf(stream: Readable): () => string {
  let kept = '';
  stream.setEncoding('utf8').on('data', (chunk: string) => {
    kept = (kept + chunk).slice(-4000);
  });
  return () => kept.trim().split('\n').slice(-5).join('\n');
}

const seconds = (millis: number): string => `${(millis / 1000).toFixed(0)} s`;
