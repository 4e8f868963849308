import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { EXIT } from '../../model/errors.js';
import type { CommandSpec } from '../command.js';

interface SetupArguments {
  readonly tensorflow: string | undefined;
  readonly check: boolean;
}

/** The same from `src/` and from `dist/`, in a clone and in the published package. */
const PACKAGE = fileURLToPath(new URL('../../..', import.meta.url));
export const SETUP_SCRIPT = path.join(PACKAGE, 'scripts/setup.mjs');

export const setupCommand: CommandSpec<SetupArguments> = {
  examples: [
    ['setup', "A working TensorFlow for this folder's project: by the vendor's installer, else from its Python wheel"],
    ['setup --tensorflow 2.15.1', 'Another version of the library; going back takes seconds'],
    ['setup --check', 'Say what is there and what is missing, and change nothing'],
  ],
  options: (yargs) =>
    yargs
      .option('tensorflow', { type: 'string', requiresArg: true, describe: 'Version of the native library, or "default"' })
      .option('check', { type: 'boolean', default: false, describe: 'Only say what is there and what is missing' }),
  run: async ({ tensorflow, check, json, verbose }) => {
    const options = { tensorflow, project: projectHere() };
    const words = Object.entries(options).flatMap(([name, value]) => (value === undefined ? [] : [`--${name}`, value]));
    const flags = Object.entries({ check, json, verbose }).flatMap(([name, on]) => (on ? [`--${name}`] : []));
    const child = spawn(process.execPath, [SETUP_SCRIPT, ...words, ...flags], { stdio: 'inherit' });
    // A terminal sends its interrupt to both: the child tidies up and ends.
    const ignore = (): void => undefined;
    const pass = (): void => void child.kill('SIGTERM');
    process.on('SIGINT', ignore).on('SIGTERM', pass);
    try {
      const [code] = (await once(child, 'exit')) as [number | null];
      return code === null || code > 128 ? EXIT.interrupted : code;
    } finally {
      process.off('SIGINT', ignore).off('SIGTERM', pass);
    }
  },
};

/** Inside a clone of Inferscope the clone itself is set up, as by `npm run setup`. */
function projectHere(): string | undefined {
  const inside = !path.relative(PACKAGE, process.cwd()).startsWith('..');
  return inside && existsSync(path.join(PACKAGE, 'package-lock.json')) ? undefined : process.cwd();
}
