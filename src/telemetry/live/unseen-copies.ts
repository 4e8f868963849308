/** Copies of an engine that a program has loaded and whose calls cannot be seen: named, so that no silence passes for an answer. */
import { appendFileSync, readFileSync } from 'node:fs';
import path from 'node:path';
import type { UnseenCopy } from '../../engines/in-program.js';
import { makeFolder } from '../../record/make-folder.js';

const FILE_NAME = 'unseen-copies.jsonl';

/** Notes a copy in a run folder, for the process that reports. */
export function noteUnseen(folder: string, copy: UnseenCopy): void {
  makeFolder(folder);
  appendFileSync(path.join(folder, FILE_NAME), `${JSON.stringify(copy)}\n`);
}

/** The copies that the processes of a run have noted, each once. */
export function unseenCopies(folder: string): UnseenCopy[] {
  let text = '';
  try {
    text = readFileSync(path.join(folder, FILE_NAME), 'utf8');
  } catch {
    return [];
  }
  const lines = new Set(text.split('\n').filter((line) => line !== ''));
  return [...lines].map((line) => JSON.parse(line) as UnseenCopy);
}
