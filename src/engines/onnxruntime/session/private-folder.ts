import { mkdtempSync, readdirSync, readFileSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { threadId } from 'node:worker_threads';
import { messageOf } from '../../../model/errors.js';

/** In memory where there is such a place: what a traced run writes is read at once and removed. */
const IN_MEMORY = '/dev/shm';
const NAME = 'inferscope-onnx-';
const UNUSED_MILLIS = 3_600_000;

/** A file beyond this is not read: it would take seconds. A hundred thousand kernels fit. */
export const MAX_PROFILE_BYTES = 128 * 2 ** 20;

/** A folder that only this user can look into, for the profile of one traced run at a time. */
export class PrivateFolder {
  readonly #path: string;
  readonly #remove = (): void => rmSync(this.#path, { recursive: true, force: true });

  /** @throws when neither place can be written to */
  constructor() {
    this.#path = makeFolder();
    // In a worker: at its end.
    process.once('exit', this.#remove);
  }

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
    process.off('exit', this.#remove);
    this.#remove();
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

function makeFolder(): string {
  const name = `${NAME}${process.pid}-${threadId}-`;
  try {
    removeLeft(IN_MEMORY);
    return mkdtempSync(path.join(IN_MEMORY, name));
  } catch {
    return mkdtempSync(path.join(tmpdir(), name));
  }
}

/** Folders of processes that were killed: nobody else would remove them. */
function removeLeft(parent: string): void {
  for (const name of readdirSync(parent)) {
    const pid = name.startsWith(NAME) ? Number(name.slice(NAME.length).split('-')[0]) : Number.NaN;
    if (!Number.isInteger(pid) || pid === process.pid || isAlive(pid)) continue;
    try {
      // Another container may share the memory, where its processes have other numbers: what is in use was changed just now.
      if (Date.now() - statSync(path.join(parent, name)).mtimeMs > UNUSED_MILLIS)
        rmSync(path.join(parent, name), { recursive: true, force: true });
    } catch {
      // Another user's.
    }
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
