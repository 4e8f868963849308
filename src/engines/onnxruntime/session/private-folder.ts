import { readdirSync, readFileSync, rmSync, statSync } from 'node:fs';
import path from 'node:path';
import { messageOf } from '../../../model/errors.js';
import { scratchFolder, type ScratchFolder } from '../../scratch-folder.js';

/** In memory where there is such a place: what a traced run writes is read at once and removed. */
const IN_MEMORY = '/dev/shm';

/** A file beyond this is not read: it would take seconds. A hundred thousand kernels fit. */
export const MAX_PROFILE_BYTES = 128 * 2 ** 20;

/** A folder that only this user can look into, for the profile of one traced run at a time. */
export class PrivateFolder {
  /** @throws when neither place can be written to */
  readonly #folder = folderInMemory();
  readonly #path = this.#folder.path;

  /** What names of files in it begin with. */
  get prefix(): string {
    return path.join(this.#path, 'run');
  }

  /** The only file in it, whose content is given and which is gone then; null where there is none, or one too large. */
  take(): string | null {
    const names = this.#names();
    const [name] = names;
    const file = name === undefined ? undefined : path.join(this.#path, name);
    const text = names.length !== 1 || file === undefined || statSync(file).size > MAX_PROFILE_BYTES ? null : readFileSync(file, 'utf8');
    this.#empty(names);
    return text;
  }

  /** Removes what a run left that nobody asks for. */
  empty(): void {
    this.#empty(this.#names());
  }

  dispose(): void {
    this.#folder.remove();
  }

  #empty(names: readonly string[]): void {
    for (const name of names) rmSync(path.join(this.#path, name), { force: true });
  }

  #names(): readonly string[] {
    try {
      return readdirSync(this.#path);
    } catch {
      // Somebody removed the folder: runs go on, and leave no profile.
      return [];
    }
  }
}

/** Why there is none. */
export const noFolderSentence = (error: unknown): string =>
  `Kernels inside runs are not seen: no folder for profiles could be made (${messageOf(error)}); set TMPDIR to one that can be written to.`;

function folderInMemory(): ScratchFolder {
  try {
    return scratchFolder('onnx', IN_MEMORY);
  } catch {
    return scratchFolder('onnx');
  }
}
