import path from 'node:path';
import { EXIT, UserError } from '../../model/errors.js';
import { pick } from '../../model/given.js';
import { EXPERIMENTS, type Experiment, type Reproduction } from '../../model/claim.js';
import { tellClaim } from '../../report/words/claims.js';
import { reproductionNote } from '../../report/words/reproduction.js';
import { findPython } from '../../engines/keras/python.js';
import { knownEnvironments } from '../../engines/keras/known-environments.js';
import type { KerasProgress } from '../../engines/keras/run-keras.js';
import { reproduceKeras, type KerasReproduction } from '../../engines/keras/reproduce.js';
import { renderSideBySideDocument } from '../../report/studies/reproduction/side-by-side.js';
import { decodeKerasKernels } from '../../engines/keras/kernels.js';
import { writeKerasRun } from '../keras/profile-keras.js';
import type { ExistingFolder } from '../../runs/own-folder.js';
import { newRunFolder } from '../../runs/run-folder.js';
import { writeFile } from '../../runs/write-file.js';

export interface ReproduceKerasOptions {
  /** Pythons to repeat the experiments in; default TensorFlow 2.0.0 and the newest Keras where they were made, else the active one. */
  readonly pythons?: readonly string[];
  /** Default all. */
  readonly experiments?: readonly Experiment[];
  readonly out?: string;
  readonly existing?: ExistingFolder;
  readonly signal?: AbortSignal;
  /** The medium model scaled down and fewer rounds; the notes say so. */
  readonly quick?: boolean;
  readonly onProgress?: (what: string, progress: KerasProgress) => void;
}

/** What one Python says about the claims, in words. */
export type ToldReproduction = Omit<KerasReproduction, 'claims'> & Reproduction;

export interface ReproduceKerasResult {
  readonly reproductions: readonly ToldReproduction[];
  readonly folder: string;
  /** The side-by-side table, as `reproduction.md` holds it. */
  readonly markdown: string;
  readonly notes: readonly string[];
  readonly interrupted: boolean;
}

/**
 * Repeats the published experiments in each Python, side by side with the published figures; writes a folder with the
 * tables, the claims as JSON and a run folder for each model, flamegraphs of path A against path B included.
 *
 * @throws UserError when no Python can run them.
 */
export async function reproduceInKeras(options: ReproduceKerasOptions = {}): Promise<ReproduceKerasResult> {
  const { pythons, notes } = await pythonsOf(options.pythons);
  const folder = newRunFolder(options.out, 'reproduce-keras', options.existing);
  const reproductions: ToldReproduction[] = [];
  for (const python of pythons) {
    if (options.signal?.aborted === true) break;
    const { signal, onProgress } = options;
    const reproduction = await reproduceKeras({
      python,
      kernels: decodeKerasKernels,
      experiments: options.experiments ?? EXPERIMENTS,
      quick: options.quick === true,
      ...(signal === undefined ? {} : { signal }),
      ...(onProgress === undefined
        ? {}
        : { onProgress: (model: string, progress: KerasProgress) => onProgress(`${python}, ${model}`, progress) }),
    });
    for (const { model, recording } of reproduction.recordings)
      writeKerasRun(path.join(folder, folderName(reproduction), model), recording);
    reproductions.push({ ...reproduction, claims: reproduction.claims.map(tellClaim) });
  }
  const markdown = renderSideBySideDocument(reproductions.map((reproduction) => ({ heading: headingOf(reproduction), reproduction })));
  writeFile(path.join(folder, 'reproduction.md'), markdown);
  writeFile(path.join(folder, 'reproduction.json'), `${JSON.stringify(reproductions.map(withoutRecordings), null, 2)}\n`);
  return { reproductions, folder, markdown, notes, interrupted: options.signal?.aborted === true };
}

/** What goes into JSON: all but the recordings, which lie beside it. */
export const withoutRecordings = (told: ToldReproduction): Omit<ToldReproduction, 'recordings'> =>
  pick(told, ['runtime', 'tensorflow', 'keras', 'python', 'machine', 'claims', 'notes']);

type Versions = Pick<KerasReproduction, 'tensorflow' | 'keras'>;
const headingOf = ({ tensorflow, keras }: Versions): string =>
  keras.startsWith('3') ? `Keras ${keras}` : `TensorFlow ${tensorflow ?? '?'}`;
const folderName = (reproduction: Versions): string => headingOf(reproduction).toLowerCase().replace(' ', '-');

async function pythonsOf(
  given: readonly string[] | undefined,
): Promise<{ readonly pythons: readonly string[]; readonly notes: readonly string[] }> {
  if (given !== undefined && given.length > 0) return { pythons: given, notes: [] };
  const known = knownEnvironments();
  const notes = known.missing.map((name) => reproductionNote({ kind: 'no-environment', name }));
  if (known.pythons.length > 0) return { pythons: known.pythons, notes };
  try {
    return { pythons: [(await findPython()).command], notes };
  } catch (thrown) {
    throw new UserError(`${thrown instanceof Error ? thrown.message : 'There is no Python.'} ${notes.join(' ')}`, EXIT.unavailable, {
      cause: thrown,
    });
  }
}
