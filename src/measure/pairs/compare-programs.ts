import path from 'node:path';
import { scratchFolder } from '../../engines/scratch-folder.js';
import { EXIT, UserError } from '../../model/errors.js';
import { programIn } from '../../model/program-file.js';
import { quoted } from '../../model/quoted.js';
import type { Recording } from '../../model/recording.js';
import type { ComparedModels } from './compare-models.js';
import { reportRun } from '../../runs/analyse-run.js';
import type { ExistingFolder } from '../../runs/own-folder.js';
import { alternately, measurePairs, type PairSideName, type PairsOptions } from './pairs.js';
import { inRunFolder, newRunFolder, readProgramRun } from '../../runs/run-folder.js';

/** A command as a shell takes it. */
export interface ProgramSpec {
  readonly command: string;
  readonly cwd?: string;
  readonly env?: Readonly<Record<string, string>>;
}

/** What starts it. */
export interface ProgramStart {
  readonly command: string;
  readonly cwd?: string;
  /** All of its environment. */
  readonly env: NodeJS.ProcessEnv;
}

/** How a run of a program ended. */
export interface ProgramEnd {
  /** 128 + the signal's number where one ended it. */
  readonly exitCode: number;
  /** The last line that it wrote to stderr. */
  readonly lastLine: string;
}

export interface CompareProgramsOptions extends PairsOptions {
  /** Runs the program to its end with its calls recorded to `folder`. */
  readonly record: (program: ProgramSpec, folder: string, signal: AbortSignal | undefined) => Promise<ProgramEnd>;
  /** Run folder; default a new one under `profiles/`. */
  readonly out?: string;
  /** What to do where `out` holds something; default `refuse`. */
  readonly existing?: ExistingFolder;
}

/**
 * Compares two programs: runs them alternately, lines their calls up by method, model and input signature, and takes each pair of runs
 * as one estimate.
 *
 * @throws UserError when either program fails, or makes no call that is seen
 */
export async function comparePrograms(
  baseline: ProgramSpec,
  candidate: ProgramSpec,
  { record, out, existing, ...options }: CompareProgramsOptions,
): Promise<ComparedModels> {
  const programs = { baseline, candidate };
  const names = namesOf(baseline, candidate);
  const folder = newRunFolder(out, 'compare', existing);
  const measureOne = async (side: PairSideName, number: number): Promise<readonly Recording[] | null> => {
    const { path: scratch, remove } = scratchFolder('compare');
    try {
      const ended = await record(programs[side], scratch, options.signal).catch((thrown: unknown) => {
        if (options.signal?.aborted === true) return null;
        throw thrown;
      });
      if (ended === null || options.signal?.aborted === true) return null;
      const { exitCode, lastLine } = ended;
      if (exitCode !== 0)
        throw new UserError(
          `${programs[side].command} ended with exit code ${exitCode} in pair ${number}${lastLine === '' ? '' : ` (${lastLine})`}: both programs must run to their end by themselves.`,
          EXIT.badInput,
        );
      return recordingsIn(scratch, programs[side]);
    } finally {
      remove();
    }
  };
  const { interrupted } = await inRunFolder(folder, () => measurePairs(alternately({ folder, names, measureOne }), options));
  return { ...reportRun(folder), folder, interrupted };
}

function recordingsIn(folder: string, { command, cwd }: ProgramSpec): readonly Recording[] {
  // The folder is removed.
  const run = readProgramRun(folder, { spansInMemory: Infinity });
  if (run.kind !== 'some')
    throw new UserError(
      `${command} made no inference call that Inferscope could see: try \`${cwd === undefined ? '' : `cd ${quoted(cwd)} && `}inferscope run -- ${asWords(command)}\`, which says why.`,
      EXIT.badInput,
    );
  return run.recordings;
}

/** A command that a shell takes, as the words of another one. */
const asWords = (command: string): string => (/^(?!\w+=)[\w@%+=:,./\s-]+$/.test(command) ? command : `sh -c ${quoted(command)}`);

/** By their files; two that have one name are told apart by their place. */
function namesOf(baseline: ProgramSpec, candidate: ProgramSpec): Readonly<Record<PairSideName, string>> {
  const names = { baseline: nameOf(baseline), candidate: nameOf(candidate) };
  if (names.baseline !== names.candidate || baseline.command === candidate.command) return names;
  return { baseline: `${names.baseline} (the first command)`, candidate: `${names.candidate} (the second command)` };
}

/** Two checkouts are told apart by their folders. */
const nameOf = ({ command, cwd }: ProgramSpec): string => (cwd === undefined ? programIn(command) : path.join(cwd, programIn(command)));
