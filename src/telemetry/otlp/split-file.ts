import { open, rm } from 'node:fs/promises';
import type { FileHandle } from 'node:fs/promises';
import { existsSync } from 'node:fs';
import { dirname } from 'node:path';
import { makeFolder } from '../../record/make-folder.js';

/** Lines are gathered up to this size before they are written. */
const BUFFER_BYTES = 1_000_000;

/**
 * Lines over one or several files, each smaller than a limit: `base.ext`, `base-2.ext`, `base-3.ext`. Writing waits for
 * the disk, so memory stays bounded. A line longer than the limit gets a file to itself.
 */
export class SplitFile {
  totalBytes = 0;
  readonly files: string[] = [];
  #handle: FileHandle | undefined;
  #buffered: Buffer[] = [];
  #bufferedBytes = 0;
  #fileBytes = 0;

  constructor(
    private readonly basePath: string,
    private readonly extension: string,
    private readonly maxFileBytes: number,
  ) {}

  async writeLine(line: string): Promise<void> {
    const bytes = Buffer.from(`${line}\n`);
    if (this.#handle === undefined || (this.#fileBytes > 0 && this.#fileBytes + bytes.length > this.maxFileBytes)) {
      await this.#nextFile();
    }
    this.#buffered.push(bytes);
    this.#bufferedBytes += bytes.length;
    this.#fileBytes += bytes.length;
    this.totalBytes += bytes.length;
    if (this.#bufferedBytes >= BUFFER_BYTES) await this.#flush();
  }

  /** Finishes the last file, and removes files that an earlier, longer output left behind. */
  async close(): Promise<void> {
    await this.#finishFile();
    for (let number = this.files.length + 1; existsSync(this.#path(number)); number++) await rm(this.#path(number));
  }

  async #nextFile(): Promise<void> {
    await this.#finishFile();
    const path = this.#path(this.files.length + 1);
    makeFolder(dirname(path));
    this.#handle = await open(path, 'w');
    this.files.push(path);
    this.#fileBytes = 0;
  }

  async #finishFile(): Promise<void> {
    await this.#flush();
    await this.#handle?.close();
    this.#handle = undefined;
  }

  async #flush(): Promise<void> {
    const bytes = Buffer.concat(this.#buffered);
    this.#buffered = [];
    this.#bufferedBytes = 0;
    if (bytes.length > 0) await this.#handle?.appendFile(bytes);
  }

  #path(number: number): string {
    return `${this.basePath}${number === 1 ? '' : `-${number}`}${this.extension}`;
  }
}
