import path from 'node:path';
import { scratchFolder } from '../engines/scratch-folder.js';
import { EXIT, UserError } from '../model/errors.js';
import { given } from '../model/given.js';
import type { Recording } from '../model/recording.js';
import { readRecording } from '../record/reader.js';
import { writeRecording } from '../record/writer.js';
import { startChild } from './child.js';
import { checkFolder, type ExistingFolder } from '../runs/own-folder.js';
import type { ProfileResult } from './profile.js';
import { reportRun } from '../runs/analyse-run.js';
import { newRunFolder } from '../runs/run-folder.js';
import { DEFAULT_SECONDS_PER_VARIANT } from './run-plan.js';
import type { SentProfileOptions } from './gate/processes.js';
import type { ProfileOptions } from './profile-options.js';

export type SentOptions = Omit<SentProfileOptions, 'reports'> & Pick<ProfileOptions, 'quick' | 'controls'>;

export interface ProcessRequest {
  readonly model: string;
  readonly options: SentOptions;
  readonly out: string;
}

export interface ProcessAnswer {
  readonly recording: string;
  readonly failures: ProfileResult['failures'];
}

export interface ProfileInProcessesOptions extends Omit<SentOptions, 'controls'> {
  /** Processes that share the measured calls. */
  readonly processes: number;
  /** Run folder; default a new one under `profiles/`. */
  readonly out?: string;
  /** What to do where `out` holds something; default `refuse`. */
  readonly existing?: ExistingFolder;
  /** Told before each process. */
  readonly onProcess?: (number: number, of: number) => void;
  readonly signal?: AbortSignal;
}

/** A process that measures for less has hardly come to speed. */
const MIN_SECONDS = 1;

/**
 * Profiles a saved model in several processes, one after the other, each with a full start, warm-up and rounds; the measured calls are
 * shared out. Intervals then rest on processes, and the run can be compared with another.
 *
 * @throws UserError as `profileModel` does, and when it is interrupted before the first process is done
 */
export async function profileInProcesses(
  model: string,
  { processes, out, existing = 'refuse', onProcess, signal, ...options }: ProfileInProcessesOptions,
): Promise<ProfileResult> {
  if (out !== undefined) checkFolder(out, existing);
  const { path: scratch, remove } = scratchFolder('processes');
  const recordings: Recording[] = [];
  const failures = new Map<string, ProfileResult['failures'][number]>();
  try {
    for (let number = 1; number <= processes && signal?.aborted !== true; number += 1) {
      onProcess?.(number, processes);
      const answer = await inProcess(
        { model, options: partOf(options, processes, number), out: path.join(scratch, String(number)) },
        signal,
      );
      if (answer === null) break;
      recordings.push(readRecording(answer.recording, { spansInMemory: Infinity }));
      for (const failure of answer.failures) failures.set(failure.variant, failure);
    }
    return finish(recordings, { out, existing, failures: [...failures.values()], interrupted: signal?.aborted === true });
  } finally {
    remove();
  }
}

/** What one process does. Changes are tried, and the baseline is held against itself, in the first. */
function partOf({ calls, duration, ...options }: SentOptions, processes: number, number: number): SentOptions {
  const seconds = Math.max(MIN_SECONDS, (duration ?? DEFAULT_SECONDS_PER_VARIANT) / processes);
  const length = calls === undefined ? { duration: seconds } : { calls: Math.ceil(calls / processes), ...given({ duration }) };
  return { ...options, ...length, ...(number === 1 ? {} : { controls: 'none' as const }) };
}

/** Null when it was interrupted. */
async function inProcess(request: ProcessRequest, signal: AbortSignal | undefined): Promise<ProcessAnswer | null> {
  const { ask, close } = await startChild<ProcessRequest, ProcessAnswer>('profile-process', signal === undefined ? {} : { signal });
  try {
    return await ask(request);
  } catch (thrown) {
    if (signal?.aborted === true) return null;
    throw thrown;
  } finally {
    close();
  }
}

function finish(
  recordings: readonly Recording[],
  {
    out,
    existing,
    failures,
    interrupted,
  }: Pick<ProfileResult, 'failures' | 'interrupted'> & { readonly out: string | undefined; readonly existing: ExistingFolder },
): ProfileResult {
  const [first] = recordings;
  if (first === undefined) throw new UserError('Interrupted before the first process was done.', EXIT.interrupted);
  const folder = newRunFolder(out, first.meta.model.name, existing);
  const written = recordings.map((recording, index) => {
    const file = path.join(folder, 'recordings', `process-${String(index + 1).padStart(2, '0')}.isr`);
    writeRecording(file, recording);
    return { format: 'recording', path: file };
  });
  const { analysis, files } = reportRun(folder);
  return { analysis, recording: first, folder, files: [...written, ...files], interrupted, failures };
}
