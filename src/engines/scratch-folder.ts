import { mkdtempSync, readdirSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';

/** `inferscope-NAME-PID-` and six letters of the system's. */
const OURS = /^inferscope-[a-z-]+-(\d+)-(?:\d+-)?\w{6}$/;
/** Containers may share a temporary folder, where processes have other numbers: what is in use was changed since. */
const UNUSED_MILLIS = 24 * 3_600_000;
const swept = new Set<string>();
/** Of this process, until they are removed. */
const own = new Set<string>();
let removesAtExit = false;

export interface ScratchFolder {
  readonly path: string;
  remove(): void;
}

/** The folder that was asked for, which stays; without one a {@link scratchFolder}. */
export const givenOrScratch = (given: string | undefined, name: string): ScratchFolder =>
  given === undefined ? scratchFolder(name) : { path: given, remove: () => undefined };

/**
 * A folder that only this user can look into, in the temporary one unless told otherwise. It is gone at the latest when the process
 * exits; where the process is killed, a later one removes it after a day.
 *
 * @param name of lower-case letters and hyphens
 * @throws what the file system says
 */
export function scratchFolder(name: string, parent = tmpdir()): ScratchFolder {
  removeLeft(parent);
  const folder = mkdtempSync(path.join(parent, `inferscope-${name}-${process.pid}-`));
  own.add(folder);
  removeAtExit();
  return {
    path: folder,
    remove: () => {
      own.delete(folder);
      removeFolder(folder);
    },
  };
}

const removeFolder = (folder: string): void => rmSync(folder, { recursive: true, force: true });

/** One listener for all folders: Node.js warns of eleven. In a worker it is called at its end. */
function removeAtExit(): void {
  if (removesAtExit) return;
  removesAtExit = true;
  process.once('exit', () => own.forEach(removeFolder));
}

/** Folders of processes that were killed: nobody else would remove them. */
function removeLeft(parent: string): void {
  if (swept.has(parent)) return;
  swept.add(parent);
  for (const name of namesIn(parent)) {
    const pid = OURS.exec(name)?.[1];
    if (pid === undefined || isAlive(Number(pid))) continue;
    const folder = path.join(parent, name);
    try {
      if (Date.now() - statSync(folder).mtimeMs > UNUSED_MILLIS) rmSync(folder, { recursive: true, force: true });
    } catch {
      // Another user's.
    }
  }
}

/** None of a folder that may be written to and not be listed. */
function namesIn(folder: string): readonly string[] {
  try {
    return readdirSync(folder);
  } catch {
    return [];
  }
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM';
  }
}
