import { analyse } from '../analyse/analyse.js';
import { withScripts } from '../analyse/graft-scripts.js';
import type { Analysis, OptimiserPass } from '../model/analysis.js';
import { EXIT, UserError } from '../model/errors.js';
import { given } from '../model/given.js';
import type { Recording } from '../model/recording.js';
import type { LoadedModel, RunnableVariant } from '../model/runnable.js';
import { controlOf, variantKey } from '../model/variant.js';
import { readRecording } from '../record/reader.js';
import { loadModel, modelFromObject } from '../engines/tensorflow/load/load.js';
import { defaultBackend, type BackendName } from '../engines/tensorflow/load/plain-backends.js';
import { recogniseModel } from '../engines/tensorflow/load/recognise.js';
import type { LoadOptions } from '../engines/tensorflow/load/options.js';
import { selectVariants } from '../engines/tensorflow/load/variants/select.js';
import { controlsOf, noControls, type Controls } from './controls.js';
import { graphVariants } from './graph-variants.js';
import { seeOptimiserPasses } from './optimiser-passes.js';
import { checkFolder } from '../runs/own-folder.js';
import { recordRun, type ProfileRun, type RecordedRun } from './profile-run.js';
import { bytesUnder, writeReports } from '../runs/run-folder.js';
import { openTensorFlow } from './tensorflow.js';
import type { Change } from './trials/trials.js';
import type { ProfileOptions } from './profile-options.js';

export interface ProfileResult {
  readonly analysis: Analysis;
  readonly recording: Recording;
  /** The run folder. */
  readonly folder: string;
  readonly files: readonly { readonly format: string; readonly path: string }[];
  /** True when the run was stopped before it was done; what there is has been written. */
  readonly interrupted: boolean;
  /** Variants that failed, with the reason. */
  readonly failures: readonly { readonly variant: string; readonly reason: string }[];
}

/**
 * From this size on the optimised graph is not asked for: it comes with the graph's constants, and a protobuf of two
 * gigabytes would fail the user's own run.
 */
const LARGE_MODEL_BYTES = 256 * 2 ** 20;

/**
 * Profiles a saved model, or a model object: runs its variants in turn under instrumentation, records every call,
 * analyses, and writes a run folder.
 *
 * @throws UserError for whatever is wrong with the model, the inputs or the machine, in one sentence.
 */
export async function profileModel(model: string | object, options: ProfileOptions = {}): Promise<ProfileResult> {
  const heavy = typeof model === 'string' && bytesUnder(model) >= LARGE_MODEL_BYTES;
  checkTraffic(options, heavy);
  if (options.out !== undefined) checkFolder(options.out, options.existing ?? 'refuse');
  const backend = options.backend ?? defaultBackend(process.cwd());
  if (backend !== 'tensorflow') checkPlain(model, options, backend);
  const session = await openTensorFlow(process.cwd(), typeof model === 'string' && !heavy ? 'once' : 'never', backend);
  const loadOptions: LoadOptions = {
    ...options,
    tf: session.tf,
    families: [...(backend === 'tensorflow' ? [graphVariants(session.addon)] : []), ...(options.families ?? [])],
  };
  const load = (change: Change = {}): Promise<LoadedModel> => {
    const all = { ...loadOptions, ...change };
    return typeof model === 'string' ? loadModel(model, all) : modelFromObject(model, all);
  };
  const loaded = await load();
  let controls: Controls | undefined;
  try {
    const variants = selectVariants(loaded, options.variants);
    controls = await controlsFor(variants, heavy ? null : load, options);
    const run: ProfileRun = {
      session,
      loaded,
      compared: variants,
      controls,
      options,
      load: heavy ? null : load,
      elsewhere: backend === 'tensorflow' ? elsewhere(model, options) : null,
    };
    const recorded = await recordRun(run);
    const findings = await findingsOf(run, recorded);
    const chosen = backendNote(backend, options.backend === undefined ? 'chosen' : 'asked for');
    return finish(recorded, { ...findings, missing: [...chosen, ...findings.missing] }, run);
  } finally {
    controls?.dispose();
    loaded.dispose();
  }
}

/** @throws UserError (usage) for what only native TensorFlow can do */
function checkPlain(model: string | object, { runtime, traffic }: ProfileOptions, backend: BackendName): void {
  const remedy = 'install @tensorflow/tfjs-node and give --backend tensorflow';
  if (typeof model === 'string' && recogniseModel(model, runtime).runtime === 'saved-model') {
    throw new UserError(`A SavedModel runs in native TensorFlow, not on the backend ${backend}: ${remedy}.`, EXIT.usage);
  }
  if (traffic !== undefined)
    throw new UserError(`--traffic tries graphs of native TensorFlow, and this is the backend ${backend}: ${remedy}.`, EXIT.usage);
}

/** What was chosen, and what cannot be there. */
function backendNote(backend: BackendName, how: 'chosen' | 'asked for'): string[] {
  if (backend === 'tensorflow') return [];
  const why = how === 'chosen' ? ', because this project has no @tensorflow/tfjs-node (--backend chooses another)' : '';
  return [
    `The model ran on the backend ${backend} of TensorFlow.js${why}. The variants graph and graph-xla, and operations below a kernel, need native TensorFlow and are not there.`,
  ];
}

/** Padding is tried after the run, with the model loaded again. @throws UserError (usage) where nothing is tried */
function checkTraffic({ traffic, quick, controls }: ProfileOptions, heavy: boolean): void {
  if (traffic === undefined) return;
  if (quick === true || controls === 'none')
    throw new UserError('--traffic cannot be combined with --quick: leave one of them out.', EXIT.usage);
  if (heavy)
    throw new UserError(
      `--traffic has the model loaded again, which is left out from ${LARGE_MODEL_BYTES / 2 ** 20} MB on: leave it out.`,
      EXIT.usage,
    );
}

/** Only what has a path and no variants of the caller's own can be loaded by another process. */
function elsewhere(model: string | object, options: ProfileOptions): ProfileRun['elsewhere'] {
  if (typeof model !== 'string' || options.families !== undefined) return null;
  const { runtime, tags, signature, batch, shapes, inputs, seed, feed, weightsOutside } = options;
  return { model, loadOptions: given({ weightsOutside, runtime, tags, signature, batch, shapes, inputs, seed, feed }) };
}

/** `load`: null where a second copy of the model would take too much memory. */
async function controlsFor(
  [baseline]: readonly RunnableVariant[],
  load: (() => Promise<LoadedModel>) | null,
  { quick, controls }: ProfileOptions,
): Promise<Controls> {
  if (quick === true) return noControls('--quick leaves them out');
  if (controls === 'none' || baseline === undefined) return noControls('this run is one of several that are judged together');
  return controlsOf(baseline, load === null ? null : await load());
}

/** What the recording does not hold. */
interface Findings {
  /** What could not be seen, in words. */
  readonly missing: readonly string[];
  readonly passes?: readonly OptimiserPass[];
}

async function findingsOf({ session, loaded, options }: ProfileRun, { missingSeams, interrupted }: RecordedRun): Promise<Findings> {
  const missing = [
    ...missingSeams,
    ...loaded.notes,
    ...(session.sessionReason === undefined ? [] : [`Kernels inside session runs are not shown: ${session.sessionReason}.`]),
  ];
  const seen = options.graphPasses === true && !interrupted ? await seeOptimiserPasses(loaded) : undefined;
  if (seen === undefined) return { missing };
  if ('passes' in seen) return { missing, passes: seen.passes };
  return { missing: [...missing, `The passes of the graph optimiser are not shown: ${seen.reason}.`] };
}

function finish(
  { folder, file, runs: all, scripts, interrupted }: RecordedRun,
  { missing, passes }: Findings,
  { session: { firstOperationMillis }, options: { reports } }: ProfileRun,
): ProfileResult {
  const runs = all.filter(({ variant }) => controlOf(variant.variant) === null);
  const failedControls = all.filter(({ variant, failure }) => controlOf(variant.variant) !== null && failure !== undefined);
  const failures = runs.flatMap(({ variant, failure }) =>
    failure === undefined ? [] : [{ variant: variantKey(variant.variant), reason: failure }],
  );
  const recording = readRecording(file);
  if (failures.length === runs.length && failures[0] !== undefined) {
    throw new UserError(`No variant of the model runs: ${failures[0].reason.replace(/\.$/, '')}.`, EXIT.badInput);
  }
  const analysed = withScripts(analyse([recording]), scripts?.stacks ?? null);
  const analysis: Analysis = {
    ...analysed,
    ...(passes === undefined ? {} : { passes }),
    notes: [
      ...analysed.notes,
      ...missing,
      ...(scripts?.notes ?? []),
      `The first operation of the process took ${firstOperationMillis.toFixed(1)} ms (library start-up); it is in no call.`,
      ...failedControls.map(({ variant, failure }) => `The control ${variantKey(variant.variant)} stopped: ${failure ?? ''}`),
      ...failures.map(({ variant, reason }) => `${variant} stopped: ${reason}`),
      ...(interrupted ? ['The run was interrupted: the figures are of the calls made until then.'] : []),
    ],
  };
  const files = reports === 'none' ? [] : writeReports(folder, analysis, [recording], scripts?.files ?? []);
  return {
    analysis,
    recording,
    folder,
    files: [{ format: 'recording', path: file }, ...(scripts?.files ?? []), ...files],
    interrupted,
    failures,
  };
}
