import { startChild } from '../measure/child.js';
import type { ProgramEnd, ProgramSpec, ProgramStart } from '../measure/pairs/compare-programs.js';
import { given } from '../model/given.js';
import { recordingEnvironment } from './program.js';

/**
 * Runs a command to its end in a shell with its calls recorded to `folder`.
 * @throws UserError when it cannot be started, and when it is interrupted
 */
export async function recordCommand(
  { command, cwd, env }: ProgramSpec,
  folder: string,
  signal: AbortSignal | undefined,
): Promise<ProgramEnd> {
  const { ask, close } = await startChild<ProgramStart, ProgramEnd>('pairs/program-process', given({ signal }));
  try {
    return await ask({ command, env: recordingEnvironment({ ...process.env, ...env }, folder), ...given({ cwd }) });
  } finally {
    close();
  }
}
