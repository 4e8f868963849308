import { EXIT, UserError, messageOf, type ExitCode } from '../model/errors.js';

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
    if (!json) process.stdout.write(`${text}\n`);
  },
  data: (value) => {
    if (json) process.stdout.write(`${JSON.stringify(value, null, 2)}\n`);
  },
  remark: (text) => process.stderr.write(`${text}\n`),
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
  const exitCode = thrown instanceof UserError ? thrown.exitCode : EXIT.internal;
  process.stderr.write(`inferscope: ${sentence(thrown)}\n`);
  if (verbose === true && thrown instanceof Error) process.stderr.write(`${thrown.stack ?? ''}\n`);
  if (json === true) process.stdout.write(`${JSON.stringify({ error: { message: messageOf(thrown), exitCode } }, null, 2)}\n`);
  return exitCode;
}

/** `inferscope … | head` ends quietly when head has read enough. */
export function leaveOnClosedPipe(): void {
  process.stdout.on('error', (error: NodeJS.ErrnoException) => {
    if (error.code === 'EPIPE') process.exit();
    throw error;
  });
}

function sentence(thrown: unknown): string {
  if (thrown instanceof UserError) return thrown.message;
  return `internal error: ${messageOf(thrown).split('\n')[0] ?? ''} (run again with --verbose and report it).`;
}
