import path from 'node:path';
import { analyse } from '../../analyse/analyse.js';
import type { KerasFacts, VariantFact } from '../../engines/keras/facts.js';
import type { KerasRecording } from '../../engines/keras/recording-from-agent.js';
import { runKeras, type KerasOptions } from '../../engines/keras/run-keras.js';
import { addToGroup } from '../../model/add-to-group.js';
import { formatNanos } from '../../model/nanos.js';
import { writeRecording } from '../../record/writer.js';
import type { ProfileResult } from '../profile.js';
import { decodeKerasKernels } from './keras-kernels.js';
import { checkFolder, type ExistingFolder } from '../../runs/own-folder.js';
import { newRunFolder, writeReports } from '../../runs/run-folder.js';

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

/** Analyses a Keras recording and writes it with its reports. @throws UserError when the folder cannot be written. */
export function writeKerasRun(folder: string, recording: KerasRecording): ProfileResult {
  const file = path.join(folder, 'recordings', 'main.isr');
  writeRecording(file, recording);
  const analysed = analyse([recording]);
  const interrupted = !recording.complete;
  const analysis = {
    ...analysed,
    notes: [
      ...analysed.notes,
      ...kerasNotes(recording.keras),
      ...(interrupted ? ['Python ended before the run was complete: the figures are of the calls made until then.'] : []),
    ],
  };
  const files = writeReports(folder, analysis, [recording]);
  return {
    analysis,
    recording,
    folder,
    files: [{ format: 'recording', path: file }, ...files],
    interrupted,
    failures: recording.keras.unavailable,
  };
}

/** What Python told besides spans, as sentences. */
export function kerasNotes(keras: KerasFacts): string[] {
  const overheads = keras.variants.flatMap(({ key, overhead }) => (overhead === null ? [] : [`${key} ${overhead.toFixed(2)}`]));
  return [
    `Keras ${keras.keras} on ${keras.backend}, Python ${keras.python} (${keras.executable}).`,
    ...(overheads.length > 0 ? [`Cost of instrumentation, recorded ÷ bare call in the same process: ${overheads.join(', ')}.`] : []),
    ...keras.variants.flatMap(leakNote),
    ...rebuildNotes(keras),
    ...(keras.missingSeams.length > 0
      ? [`This version of Keras lacks the functions that bound ${keras.missingSeams.join(', ')}: their time is in the stage around them.`]
      : []),
    ...keras.notes,
  ];
}

/** Below this the allocator's noise would be reported as a leak. */
const LEAK_BYTES = 64 * 1024;

const leakNote = ({ key, leakBytes, bareNanos }: VariantFact): string[] =>
  leakBytes === null || leakBytes < LEAK_BYTES
    ? []
    : [
        `${key}: the process grew by ${(leakBytes / 1024).toFixed(0)} KiB with each call${bareNanos === null ? '' : ` of ${formatNanos(bareNanos)}`}.`,
      ];

/** Graphs that warm calls built: the famous waste, by function; variants that build the same ones share a sentence. */
function rebuildNotes(keras: KerasFacts): string[] {
  const byVariant = new Map<string, Set<string>>();
  const compared = new Set(keras.variants.map(({ key }) => key));
  for (const { variant, cause, function: name } of keras.traces) {
    if (cause === 'new-function' && compared.has(variant)) byVariant.set(variant, (byVariant.get(variant) ?? new Set()).add(name));
  }
  const byFunctions = new Map<string, string[]>();
  for (const [variant, names] of byVariant) addToGroup(byFunctions, [...names].sort().join(', '), variant);
  return [...byFunctions].map(
    ([functions, variants]) => `Graphs of the input pipeline are built again at each call of ${variants.join(', ')}: ${functions}.`,
  );
}
