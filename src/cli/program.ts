import { existsSync } from 'node:fs';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import os from 'node:os';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { EXIT, UserError, messageOf } from '../model/errors.js';
import { startOf } from '../model/program-file.js';
import { RUN_FOLDER_VARIABLE } from '../telemetry/live/record-program.js';
import { passOnSignals } from './pass-on-signals.js';

const beside = (relative: string): string => fileURLToPath(new URL(relative, import.meta.url));

/**
 * The environment under which a program, and what it starts in turn, is recorded to `folder`: Node.js preloads our
 * registration, Python finds our sitecustomize first (it then hands over to the user's own).
 *
 * With `--require`, not `--import`, which would start the program through the loader of modules: another `module.parent`,
 * and no TypeScript where `-r ts-node/register` brings it.
 */
export function recordingEnvironment(env: NodeJS.ProcessEnv, folder: string): NodeJS.ProcessEnv {
  // With --import, workers made of a text would begin before us, and Node.js would load CommonJS in ways we do not see.
  const register = beside('../cjs/register.js').replaceAll(/["\\]/g, '\\$&');
  const given = env['PYTHONPATH'] ?? '';
  return {
    ...env,
    NODE_OPTIONS: `${env['NODE_OPTIONS'] ?? ''} --require="${register}"`.trim(),
    PYTHONPATH: [beside('../engines/keras/hook'), ...(given === '' ? [] : [given])].join(path.delimiter),
    [RUN_FOLDER_VARIABLE]: folder,
  };
}

/** How a program ended. */
export interface ProgramExit {
  /** Its exit code, 128 + the signal's number where one ended it, as shells say it. */
  readonly code: number;
  /** In words. */
  readonly how: string;
}

/**
 * Runs a program to its end, as if it had been started without us: signals that come to this process alone reach it, and
 * it does not outlive this process.
 *
 * @throws UserError when it cannot be started.
 */
export async function runProgram(
  command: string,
  args: readonly string[],
  env: NodeJS.ProcessEnv,
  stdout: 'inherit' | 'stderr',
): Promise<ProgramExit> {
  const child = spawn(command, args, { stdio: ['inherit', stdout === 'stderr' ? 2 : 'inherit', 'inherit'], env });
  const done = passOnSignals(child);
  try {
    const [code, signal] = (await once(child, 'exit')) as [number | null, NodeJS.Signals | null];
    if (signal !== null) return { code: 128 + os.constants.signals[signal], how: `was ended by ${signal}` };
    return { code: code ?? 0, how: `ended with exit code ${code ?? 0}` };
  } catch (thrown) {
    const start = existsSync(command) ? startOf(command) : undefined;
    throw new UserError(
      start === undefined
        ? `${command} cannot be started (${messageOf(thrown)}): check that it is on the PATH, or write its path.`
        : `${command} is no command by itself: write \`inferscope run -- ${start}\`.`,
      EXIT.notFound,
      { cause: thrown },
    );
  } finally {
    done();
  }
}
