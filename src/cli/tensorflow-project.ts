/** `--tensorflow-a` and `--tensorflow-b`: a project with another version of the native library, made once in the cache. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { createInterface } from 'node:readline';
import { text } from 'node:stream/consumers';
import { cacheFolder } from '../engines/cache-folder.js';
import { packageOf } from '../engines/package-of.js';
import { nativeTensorFlow, TENSORFLOW_PACKAGE } from '../engines/tensorflow/load/tensorflow.js';
import { EXIT, SETUP_COMMAND, UserError, type ExitCode } from '../model/errors.js';
import { SETUP_SCRIPT } from './commands/setup.js';
import { makeFolder } from '../record/make-folder.js';

/** Where one side runs: the letter of its option, and how what takes its time is told. */
export interface ProjectOptions {
  readonly option: string;
  readonly remark: (text: string) => void;
  readonly signal: AbortSignal;
}

/**
 * The folder of a project that has the tfjs-node of this folder with this version of the native library. What is missing is set up
 * there: a download and a build the first time, a look at some files later.
 *
 * @throws UserError when the version is none, or cannot be fetched or built here
 */
export async function projectWithTensorFlow(version: string, { option, remark, signal }: ProjectOptions): Promise<string> {
  if (!/^(\d+\.\d+\.\d+|default)$/.test(version))
    throw new UserError(`${option} "${version}" is not a version: give one like 2.18.1.`, EXIT.usage);
  const tfjs = installedTfjs(process.cwd());
  const folder = path.join(cacheFolder(), 'projects', `tfjs-node-${tfjs}-tensorflow-${version}`);
  const manifest = path.join(folder, 'package.json');
  makeFolder(folder);
  if (!existsSync(manifest)) writeFileSync(manifest, JSON.stringify({ private: true, dependencies: { [TENSORFLOW_PACKAGE]: tfjs } }));
  const { code, output } = await setUp(['--project', folder, '--tensorflow', version, '--json'], remark, signal);
  if (signal.aborted) throw new UserError(`Interrupted while TensorFlow ${version} was set up.`, EXIT.interrupted);
  if (code !== 0) throw setupFailure(code, output, option);
  return folder;
}

/** Runs the setup script; its steps are told as they end. */
async function setUp(
  args: readonly string[],
  remark: (text: string) => void,
  signal: AbortSignal,
): Promise<{ readonly code: number | null; readonly output: string }> {
  const child = spawn(process.execPath, [SETUP_SCRIPT, ...args], { stdio: ['ignore', 'pipe', 'pipe'] });
  const stop = (): void => void child.kill('SIGTERM');
  signal.addEventListener('abort', stop, { once: true });
  // What went wrong is in its answer.
  createInterface({ input: child.stderr }).on('line', (line) => {
    if (line.startsWith('  ')) remark(line.trim());
  });
  try {
    const [output, [code]] = await Promise.all([text(child.stdout), once(child, 'close') as Promise<[number | null]>]);
    return { code, output };
  } finally {
    signal.removeEventListener('abort', stop);
  }
}

/** With --json the script ends with one object that says what is wrong. */
function setupFailure(code: number | null, output: string, option: string): UserError {
  try {
    const { problem, exit } = JSON.parse(output) as { readonly problem: string; readonly exit: ExitCode };
    return new UserError(problem.replace(/--tensorflow\b/, option), exit);
  } catch (cause) {
    const end = code ?? 'a signal';
    return new UserError(`${SETUP_SCRIPT} ended with ${end}: run it by itself to see why.`, EXIT.unavailable, { cause });
  }
}

/** The version of tfjs-node that runs here, so that the two sides differ in the library below it alone. */
function installedTfjs(from: string): string {
  const found = nativeTensorFlow(from, TENSORFLOW_PACKAGE);
  const version = found === undefined ? undefined : packageOf(found.file)?.version;
  if (version !== undefined) return version;
  throw new UserError(
    `${TENSORFLOW_PACKAGE} is not installed here, so there is nothing to put another version beside: run ${SETUP_COMMAND}.`,
    EXIT.unavailable,
  );
}
