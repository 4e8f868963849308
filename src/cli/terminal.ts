import { readFileSync } from 'node:fs';
import { EXIT, UserError, NO_FILE_HANDLE, lacksFileHandles, messageOf, type ExitCode } from '../model/errors.js';
import { heapIsFull } from '../model/full-heap.js';

/** Characters of an error on the terminal; `--json` has all of it. */
const MAX_SENTENCE = 1100;

/** What the system says, and what helps; neither is a defect of ours. */
const REMEDIES: Readonly<Record<string, string>> = {
  ENFILE: 'This machine has no file handle left: end programs that hold many, and run the command again.',
  ENOSPC: 'The disk is full: free some space and run the command again.',
  ENOMEM: 'The machine has no memory left: end other programs and run the command again.',
};

/** Options that every command has. */
export interface CommonArguments {
  readonly json: boolean;
  readonly verbose: boolean;
}

/** Where commands print: results on stdout, everything else on stderr, so that `--json` stays clean. */
export interface Terminal {
  /** A result for people; not printed with `--json`. */
  say(text: string): void;
  /** The result for programs, printed with `--json` only. */
  data(value: unknown): void;
  /** A remark on stderr. */
  remark(text: string): void;
  /** Where TensorFlow's own log lines go that the terminal is spared. */
  keepLog(file: string): void;
}

/** `keepLog`: what becomes of the file that a command names for it. */
export const terminalFor = ({ json }: Pick<CommonArguments, 'json'>, keepLog: Terminal['keepLog'] = () => undefined): Terminal => ({
  keepLog,
  say: (text) => {
    if (!json) process.stdout.write(`${printable(text)}\n`);
  },
  data: (value) => {
    if (json) process.stdout.write(`${JSON.stringify(value, null, 2)}\n`);
  },
  remark: (text) => process.stderr.write(`${printable(text)}\n`),
});

/**
 * The tail of every command: runs it, turns what it throws into one sentence, and sets the exit code. Nothing but
 * `--verbose` prints a stack trace.
 */
export async function finishCommand(args: Partial<CommonArguments>, body: () => Promise<number>): Promise<void> {
  try {
    process.exitCode = await body();
  } catch (thrown) {
    process.exitCode = reportError(thrown, args);
  }
}

/** Prints what was thrown, as one sentence and with `--json` as an object too, and gives its exit code. */
export function reportError(thrown: unknown, { json, verbose }: Partial<CommonArguments>): ExitCode {
  const exitCode = exitCodeOf(thrown);
  process.stderr.write(`inferscope: ${shortened(printable(sentence(thrown)))}\n`);
  if (verbose === true && thrown instanceof Error) process.stderr.write(`${printable(thrown.stack ?? '')}\n`);
  if (json === true)
    process.stdout.write(`${JSON.stringify({ error: { message: remedyOf(thrown) ?? messageOf(thrown), exitCode } }, null, 2)}\n`);
  return exitCode;
}

/** `inferscope … | head` ends quietly when head has read enough. */
export function leaveOnClosedPipe(): void {
  process.stdout.on('error', (error: NodeJS.ErrnoException) => {
    if (error.code === 'EPIPE') process.exit();
    throw error;
  });
}

/**
 * Names of models, layers, operations and files, and what a server answers, come from elsewhere: a control character in them could move
 * the cursor, hide text or set the window's title. Lines and tabs stay; the rest is shown as its number.
 */
export const printable = (text: string): string =>
  text.replace(
    /[^\P{Cc}\n\t]|[\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069]/gu,
    (character) => `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`,
  );

/** An error is one sentence, whatever name is in it. */
const shortened = (text: string): string =>
  text.length <= MAX_SENTENCE ? text : `${text.slice(0, MAX_SENTENCE / 2)} … ${text.slice(-MAX_SENTENCE / 2)}`;

function sentence(thrown: unknown): string {
  const remedy = remedyOf(thrown);
  if (remedy !== undefined) return remedy;
  if (thrown instanceof UserError) return thrown.message;
  return `internal error: ${messageOf(thrown).split('\n')[0] ?? ''} (run again with --verbose and report it).`;
}

function exitCodeOf(thrown: unknown): ExitCode {
  if (remedyOf(thrown) !== undefined) return EXIT.io;
  return thrown instanceof UserError ? thrown.exitCode : EXIT.internal;
}

function remedyOf(thrown: unknown): string | undefined {
  // What cannot be written says so itself; what does not load or run for want of a handle has nothing else wrong with it.
  if (thrown instanceof UserError) return thrown.exitCode !== EXIT.io && lacksFileHandles(thrown) ? NO_FILE_HANDLE : undefined;
  if (!(thrown instanceof Error)) return undefined;
  const code = 'code' in thrown ? String(thrown.code) : '';
  if (Object.hasOwn(REMEDIES, code)) return REMEDIES[code];
  if (code === 'ERR_WORKER_OUT_OF_MEMORY') return heapIsFull(process.execArgv);
  if (lacksFileHandles(thrown)) return NO_FILE_HANDLE;
  return /^(?:ERR_)?MODULE_NOT_FOUND$/.test(code) && allowsFewHandles() ? NO_FILE_HANDLE : remedyOf(thrown.cause);
}

/** Packages that TensorFlow and we load hold this many files at a time, with something to spare. */
const MIN_HANDLES = 128;

/** Node.js says that a package is not there where it may not open one file more. Linux alone tells the limit. */
function allowsFewHandles(): boolean {
  try {
    return Number(/^Max open files +(\d+)/m.exec(readFileSync('/proc/self/limits', 'utf8'))?.[1]) < MIN_HANDLES;
  } catch (thrown) {
    return thrown instanceof Error && 'code' in thrown && thrown.code === 'EMFILE';
  }
}
