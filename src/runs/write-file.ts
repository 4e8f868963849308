import { lstatSync, realpathSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { EXIT, UserError, messageOf } from '../model/errors.js';
import { makeFolder } from '../record/make-folder.js';

/**
 * Writes one file, folders included: beside its place first, then in one step, so that nobody ever reads half of it.
 *
 * @throws UserError
 */
export function writeFile(file: string, content: string | Uint8Array): void {
  attemptWrite(file, () => {
    makeFolder(path.dirname(file));
    replaceFile(realPathOf(file), content);
  });
}

/** As {@link writeFile}, within a run's folder: a link of that name is replaced and never followed. @throws UserError */
export function writeRunFile(file: string, content: string | Uint8Array): void {
  attemptWrite(file, () => {
    makeFolder(path.dirname(file));
    replaceFile(file, content);
  });
}

/** @throws UserError in place of what the file system says */
export function attemptWrite(file: string, write: () => void): void {
  try {
    write();
  } catch (thrown) {
    throw new UserError(`Cannot write ${file} (${messageOf(thrown)}): free some space or choose another place with --out.`, EXIT.io, {
      cause: thrown,
    });
  }
}

function replaceFile(file: string, content: string | Uint8Array): void {
  const there = lstatSync(file, { throwIfNoEntry: false });
  // A pipe or /dev/stdout is written to; it cannot be replaced.
  if (there !== undefined && !there.isFile() && !there.isSymbolicLink()) {
    writeFileSync(file, content);
    return;
  }
  const part = `${file}.${process.pid}.part`;
  try {
    writeFileSync(part, content, there?.isFile() === true ? { mode: there.mode } : {});
    renameSync(part, file);
  } catch (thrown) {
    rmSync(part, { force: true });
    throw thrown;
  }
}

/** A link that the user names as the place to write to is followed. */
function realPathOf(file: string): string {
  try {
    return realpathSync(file);
  } catch {
    return file;
  }
}
