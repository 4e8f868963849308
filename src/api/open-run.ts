import { readFileSync, statSync } from 'node:fs';
import path from 'node:path';
import { recordingFromTraces } from '../export/from-traces.js';
import { EXIT, UserError, messageOf } from '../model/errors.js';
import type { ForeignProfile } from '../model/foreign.js';
import type { Recording } from '../model/recording.js';
import { MAGIC } from '../record/format.js';
import { profilesOf, readForeignFile } from '../read/read-foreign.js';
import { readRun } from './run-folder.js';

/** What a path leads to: recordings of ours, or profiles of another tool. */
export type OpenedRun =
  | { readonly kind: 'recordings'; readonly recordings: readonly Recording[] }
  | { readonly kind: 'profiles'; readonly profiles: readonly ForeignProfile[] };

/**
 * Opens a run folder, a recording, or a file of another tool (its format is recognised from its content). Spans that
 * Inferscope itself made (OTLP files) become recordings again.
 *
 * @throws UserError when there is nothing, or it cannot be read: one sentence that says what is wrong.
 */
export function openRun(run: string): OpenedRun {
  const stat = statSync(run, { throwIfNoEntry: false });
  if (stat?.isFile() !== true || run.endsWith('.isr')) return { kind: 'recordings', recordings: readRun(run) };
  const bytes = readBytes(run);
  if (bytes.subarray(0, MAGIC.length).equals(MAGIC)) return { kind: 'recordings', recordings: readRun(run) };
  const file = readForeignFile(path.basename(run), bytes);
  const recording = file.kind === 'traces' ? recordingFromTraces(file.traces) : null;
  return recording === null ? { kind: 'profiles', profiles: profilesOf(file) } : { kind: 'recordings', recordings: [recording] };
}

function readBytes(file: string): Buffer {
  try {
    return readFileSync(file);
  } catch (thrown) {
    throw new UserError(`Cannot read ${file} (${messageOf(thrown)}): check its permissions.`, EXIT.io, { cause: thrown });
  }
}
