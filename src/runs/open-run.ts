import { closeSync, existsSync, openSync, readSync, statSync, type Stats } from 'node:fs';
import path from 'node:path';
import { recordingFromTraces } from '../telemetry/spans/from-traces.js';
import { EXIT, UserError, messageOf } from '../model/errors.js';
import type { ForeignProfile } from '../model/foreign.js';
import type { Recording } from '../model/recording.js';
import { MAGIC } from '../record/format.js';
import { profilesOf, readForeignFile, readForeignPath, type ForeignFile } from '../formats/read-foreign.js';
import { traceFromJaeger, type TraceAddress } from '../telemetry/jaeger/trace.js';
import { profilesInLog, profilesWithin } from '../formats/log-folder.js';
import { readRun } from './run-folder.js';

/** What a path leads to: recordings of ours, or profiles of another tool. */
export type OpenedRun =
  | { readonly kind: 'recordings'; readonly recordings: readonly Recording[] }
  | { readonly kind: 'profiles'; readonly profiles: readonly ForeignProfile[] };

/**
 * Opens a run folder, a recording, a file of another tool (its format is recognised from its content), or a folder that another
 * tool filled. Spans that Inferscope itself made (OTLP files) become recordings again.
 *
 * @throws UserError when there is nothing, or it cannot be read: one sentence that says what is wrong.
 */
export function openRun(run: string): OpenedRun {
  const stat = statSync(run, { throwIfNoEntry: false });
  if (stat !== undefined && !stat.isFile() && !stat.isDirectory())
    throw new UserError(`${run} is no file but a ${kindOf(stat)}: write what it gives into a file, and give that.`, EXIT.badInput);
  const isForeign = stat?.isDirectory() === true && !existsSync(path.join(run, 'recordings'));
  const profiles = isForeign ? (profilesInLog(run) ?? profilesWithin(run)) : null;
  if (profiles !== null) return { kind: 'profiles', profiles };
  if (stat?.isFile() !== true || run.endsWith('.isr') || beginsLikeOurs(run)) return { kind: 'recordings', recordings: readRun(run) };
  return openedFile(readable(run, () => readForeignPath(path.basename(run), run)));
}

/**
 * Opens one trace that a Jaeger holds, like a file of it.
 * @throws UserError when Jaeger does not answer or holds no such trace
 */
export async function openTrace(address: TraceAddress): Promise<OpenedRun> {
  return openedFile(readForeignFile(address.traceId, Buffer.from(await traceFromJaeger(address))));
}

function openedFile(file: ForeignFile): OpenedRun {
  const recording = file.kind === 'traces' ? recordingFromTraces(file.traces) : null;
  return recording === null ? { kind: 'profiles', profiles: profilesOf(file) } : { kind: 'recordings', recordings: [recording] };
}

function beginsLikeOurs(file: string): boolean {
  return readable(file, () => {
    const descriptor = openSync(file, 'r');
    try {
      const head = Buffer.alloc(MAGIC.length);
      return readSync(descriptor, head) === MAGIC.length && head.equals(MAGIC);
    } finally {
      closeSync(descriptor);
    }
  });
}

/** What the system refuses, in a sentence with the remedy that fits. */
function readable<Value>(file: string, read: () => Value): Value {
  try {
    return read();
  } catch (thrown) {
    const code = thrown instanceof Error && 'code' in thrown ? String(thrown.code) : '';
    if (thrown instanceof UserError || !/^E[A-Z]+$/.test(code)) throw thrown;
    const isDenied = code === 'EACCES' || code === 'EPERM';
    throw new UserError(
      `Cannot read ${file} (${messageOf(thrown)}): ${isDenied ? 'check its permissions' : 'copy it to a local disk and try that'}.`,
      EXIT.io,
      { cause: thrown },
    );
  }
}

function kindOf(stat: Stats): string {
  if (stat.isFIFO()) return 'pipe';
  if (stat.isSocket()) return 'socket';
  return 'device';
}
