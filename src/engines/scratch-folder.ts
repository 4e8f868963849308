import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';

export interface ScratchFolder {
  readonly path: string;
  remove(): void;
}

/** The folder that was asked for, which stays; without one a {@link scratchFolder}. */
export const givenOrScratch = (given: string | undefined, prefix: string): ScratchFolder =>
  given === undefined ? scratchFolder(prefix) : { path: given, remove: () => undefined };

/** A folder that only this user can look into, in the temporary one. It is gone at the latest when the process exits. */
export function scratchFolder(prefix: string): ScratchFolder {
  const folder = mkdtempSync(path.join(tmpdir(), prefix));
  const removeAtExit = (): void => rmSync(folder, { recursive: true, force: true });
  process.once('exit', removeAtExit);
  return {
    path: folder,
    remove: () => {
      process.off('exit', removeAtExit);
      removeAtExit();
    },
  };
}
