import { accessSync, constants, existsSync, readdirSync, statSync } from 'node:fs';
import path from 'node:path';
import type { Analysis } from '../model/analysis.js';
import { EXIT, UserError } from '../model/errors.js';
import type { OutsideKernel } from '../model/outside-operations.js';
import type { Recording } from '../model/recording.js';
import { outsideIn } from '../record/outside-file.js';
import { readRecording, readRecordings, type ReadOptions } from '../record/reader.js';
import { fileSafe, FORMATS } from '../report/formats.js';
import type { WrittenFile } from '../report/input.js';
import { claimFolder, dropEmptyRun, type ExistingFolder } from './own-folder.js';
import { convertPythonRecords } from './python-recordings.js';
import { extrasOf } from './report-extras.js';
import { withUsedVariants } from './used-variants.js';
import { attemptWrite, writeRunFile } from './write-file.js';
import { makeFolder } from '../record/make-folder.js';

/** Formats that every run folder holds; the others are written by `inferscope export`. */
const ALWAYS = [
  ['html', 'report'],
  ['markdown', 'report'],
  ['collapsed', 'stacks/'],
  ['diff-collapsed', 'stacks/diff-'],
  ['json', 'report'],
] as const;

/** The folder asked for, or a free `profiles/NAME-DATE-TIME`; not made yet. */
export function freeFolder(out: string | undefined, name: string): string {
  const stamp = new Date().toISOString().slice(0, 19).replace(/[-:]/g, '').replace('T', '-');
  let folder = out ?? path.join('profiles', `${fileSafe(name)}-${stamp}`);
  for (let n = 2; out === undefined && existsSync(folder); n++) folder = path.join('profiles', `${fileSafe(name)}-${stamp}-${n}`);
  return folder;
}

/** Makes the folder of a new run: the one asked for, or `profiles/NAME-DATE-TIME`. @throws UserError when it holds something already */
export function newRunFolder(out: string | undefined, model: string, existing: ExistingFolder = 'refuse'): string {
  const folder = freeFolder(out, model);
  claimFolder(folder, existing);
  attemptWrite(folder, () => makeFolder(path.join(folder, 'recordings')));
  return folder;
}

/** Measures into a new run folder, which does not stay behind where nothing was recorded. */
export async function inRunFolder<Result>(folder: string, measure: () => Promise<Result>): Promise<Result> {
  try {
    return await measure();
  } catch (thrown) {
    dropEmptyRun(folder);
    throw thrown;
  }
}

/** Writes the reports of a run next to its recordings. Paths in the result are relative to the current directory. */
export function writeReports(folder: string, analysis: Analysis, recordings: readonly Recording[]): WrittenFile[] {
  const written: WrittenFile[] = [];
  for (const [name, prefix] of ALWAYS) {
    const format = FORMATS[name];
    if (format === undefined) throw new Error(`no format ${name}`);
    const extras = { ...extrasOf(recordings, folder), generatedAt: new Date().toISOString() };
    for (const { suffix, content } of format.render({ analysis, recordings, files: written, extras })) {
      const file = path.join(folder, `${prefix}${suffix}${format.extension}`);
      writeRunFile(file, content);
      written.push({ format: name, path: file });
    }
  }
  return written;
}

/** Sees early that a file can be written: before minutes of measuring. Makes its folder. @throws UserError */
export function checkWritable(file: string): void {
  attemptWrite(file, () => {
    makeFolder(path.dirname(file));
    accessSync(existsSync(file) ? file : path.dirname(file), constants.W_OK);
  });
}

/** The recordings of a run folder, or the one recording that a file is. @throws UserError */
export function readRun(run: string, options?: ReadOptions): Recording[] {
  if (!existsSync(run)) throw new UserError(`There is no run at ${run}; \`inferscope profile MODEL\` makes one.`, EXIT.notFound);
  if (statSync(run).isFile()) return [withUsedVariants(readRecording(run, options))];
  const files = recordingsOf(run);
  if (files.length === 0)
    throw new UserError(`${run} holds no recordings; give a run folder that \`inferscope profile\` wrote.`, EXIT.notFound);
  return readFiles(run, files, options);
}

const readFiles = (run: string, files: readonly string[], options?: ReadOptions): Recording[] =>
  withOutside(readRecordings(files, options).map(withUsedVariants), outsideIn(run));

/** Operations outside of calls are of the run as a whole: its first recording carries them. */
function withOutside(recordings: Recording[], outside: readonly OutsideKernel[]): Recording[] {
  const [first, ...others] = recordings;
  return first === undefined || outside.length === 0 ? recordings : [{ ...first, outside }, ...others];
}

/** What is at hand of a program's run. `open`: calls had begun, and none had ended; `unreadable`: nothing of them could be kept. */
export type ProgramRun =
  { readonly kind: 'none' | 'open' | 'unreadable' } | { readonly kind: 'some'; readonly recordings: readonly Recording[] };

/** @throws UserError when a recording that is due cannot be written */
export function readProgramRun(run: string, options?: ReadOptions): ProgramRun {
  const files = recordingsOf(run);
  if (files.length === 0) return { kind: 'none' };
  try {
    const recordings = readFiles(run, files, options);
    if (recordings.some(({ calls }) => calls.length > 0)) return { kind: 'some', recordings };
    return { kind: recordings.some(({ openCalls }) => openCalls !== undefined) ? 'open' : 'unreadable' };
  } catch {
    return { kind: 'unreadable' };
  }
}

/** Files of a run's recordings, in order. */
function recordingsOf(run: string): readonly string[] {
  convertPythonRecords(run);
  const folder = path.join(run, 'recordings');
  if (!existsSync(folder)) return [];
  const names = readdirSync(folder).filter((name) => name.endsWith('.isr'));
  return names.sort().map((name) => path.join(folder, name));
}

/** Bytes of a file, or of all files of its folder (a model's weights lie beside its topology); 0 where there is nothing. */
export function bytesUnder(model: string): number {
  if (!existsSync(model)) return 0;
  const recursive = statSync(model).isDirectory();
  return readdirSync(recursive ? model : path.dirname(model), { withFileTypes: true, recursive })
    .filter((entry) => entry.isFile())
    .reduce((sum, entry) => sum + statSync(path.join(entry.parentPath, entry.name)).size, 0);
}
