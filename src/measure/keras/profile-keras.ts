import path from 'node:path';
import type { KerasFacts, VariantFact } from '../../engines/keras/facts.js';
import type { KerasRecording } from '../../engines/keras/recording-from-agent.js';
import { runKeras, type KerasOptions } from '../../engines/keras/run-keras.js';
import type { RunNote } from '../../model/run-facts.js';
import { writeRecording } from '../../record/writer.js';
import type { ProfileResult } from '../profile.js';
import { decodeKerasKernels } from '../../engines/keras/kernels.js';
import { checkFolder, type ExistingFolder } from '../../runs/own-folder.js';
import { reportRun } from '../../runs/analyse-run.js';
import { newRunFolder } from '../../runs/run-folder.js';

export interface ProfileKerasOptions extends Omit<KerasOptions, 'model'> {
  /** Run folder; default a new one under `profiles/`. */
  readonly out?: string;
  /** A run that is in the folder already: refuse (default), or replace it whole. */
  readonly existing?: ExistingFolder;
}

/**
 * Profiles a Keras model in the user's Python and writes a run folder like any other runtime's.
 *
 * @throws UserError as runKeras does, and when the folder cannot be written.
 */
export async function profileKeras(model: string, options: ProfileKerasOptions = {}): Promise<ProfileResult> {
  if (options.out !== undefined) checkFolder(options.out, options.existing ?? 'refuse');
  const recording = await runKeras({ kernels: decodeKerasKernels, again: true, ...options, model });
  return writeKerasRun(newRunFolder(options.out, recording.meta.model.name, options.existing), recording);
}

/** Writes a Keras recording with its reports. @throws UserError when the folder cannot be written. */
export function writeKerasRun(folder: string, recording: KerasRecording): ProfileResult {
  const file = path.join(folder, 'recordings', 'main.isr');
  const interrupted = !recording.complete;
  const notes: RunNote[] = [
    ...kerasNotes(recording.keras),
    ...(interrupted ? [{ kind: 'interrupted' as const, by: 'python' as const }] : []),
  ];
  writeRecording(file, { ...recording, run: { notes } });
  const { analysis, files } = reportRun(folder);
  return {
    analysis,
    recording,
    folder,
    files: [{ format: 'recording', path: file }, ...files],
    interrupted,
    failures: recording.keras.unavailable,
  };
}

/** What Python told besides spans, for the recording. */
export function kerasNotes(keras: KerasFacts): RunNote[] {
  const ratios = keras.variants.flatMap(({ key, overhead }) => (overhead === null ? [] : [{ variant: key, ratio: overhead }]));
  return [
    { kind: 'keras', version: keras.keras, backend: keras.backend, python: keras.python, executable: keras.executable },
    ...(ratios.length > 0 ? [{ kind: 'keras-overhead' as const, ratios }] : []),
    ...keras.variants.flatMap(growthNote),
    ...rebuildNotes(keras),
    ...(keras.missingSeams.length > 0 ? [{ kind: 'keras-seams' as const, missing: keras.missingSeams }] : []),
    ...keras.notes.map((sentence) => ({ kind: 'said' as const, sentence })),
  ];
}

/** Below this the allocator's noise would be reported as a leak. */
const LEAK_BYTES = 64 * 1024;

const growthNote = ({ key, leakBytes, bareNanos }: VariantFact): RunNote[] =>
  leakBytes === null || leakBytes < LEAK_BYTES ? [] : [{ kind: 'keras-growth', variant: key, bytesPerCall: leakBytes, nanos: bareNanos }];

/** Graphs that warm calls built: the famous waste, by function; variants that build the same ones share a note. */
function rebuildNotes(keras: KerasFacts): RunNote[] {
  const byVariant = new Map<string, Set<string>>();
  const compared = new Set(keras.variants.map(({ key }) => key));
  for (const { variant, cause, function: name } of keras.traces) {
    if (cause === 'new-function' && compared.has(variant)) byVariant.set(variant, (byVariant.get(variant) ?? new Set()).add(name));
  }
  const byFunctions = new Map<string, { readonly functions: readonly string[]; readonly variants: string[] }>();
  for (const [variant, names] of byVariant) {
    const functions = [...names].sort();
    const same = byFunctions.get(functions.join()) ?? { functions, variants: [] };
    byFunctions.set(functions.join(), same);
    same.variants.push(variant);
  }
  return [...byFunctions.values()].map((same) => ({ kind: 'keras-rebuilt' as const, ...same }));
}
