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

/** What the processes of a run have noted, each sentence once: copies of one kind have one, in whichever file they are. */
export function unseenSentences(folder: string): string[] {
  let text = '';
  try {
    text = readFileSync(path.join(folder, FILE_NAME), 'utf8');
  } catch {
    return [];
  }
  const lines = text.split('\n').filter((line) => line !== '');
  return [...new Set(lines.map((line) => (JSON.parse(line) as UnseenCopy).sentence))];
}
