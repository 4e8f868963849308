import type { Analysis } from '../model/analysis.js';
import { EXIT, UserError } from '../model/errors.js';
import { given } from '../model/given.js';
import type { Recording } from '../model/recording.js';
import type { RunFacts, RunNote } from '../model/run-facts.js';
import type { LoadedModel, RunnableVariant } from '../model/runnable.js';
import { controlOf, variantKey } from '../model/variant.js';
import type { Engine, SeenPasses } from '../engines/engine.js';
import { inProcessEngineOf } from '../engines/engines.js';
import { ENGINE_SHOWS_NO_PASSES } from '../report/words/run-notes.js';
import { CpuWatch } from '../record/cpu-watch.js';
import { addRunFacts } from '../record/writer.js';
import { selectVariants } from './select-variants.js';
import { controlsOf, noControls, type Controls } from './controls.js';
import { checkFolder } from '../runs/own-folder.js';
import { recordRun, type ProfileRun, type RecordedRun } from './profile-run.js';
import { reportRun } from '../runs/analyse-run.js';
import { bytesUnder } from '../runs/run-folder.js';
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

/** From this size on the model is loaded once only, and the engine keeps nothing of it twice. */
const LARGE_MODEL_BYTES = 256 * 2 ** 20;

/** Share of a run that looks at processor times may take; they are outside of calls. */
const CPU_SHARE = 0.01;

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
  const { engine: entry = inProcessEngineOf(model, options.runtime), backend, traffic } = options;
  // Its threads are those that come from here on.
  const cpu = new CpuWatch(CPU_SHARE, typeof model === 'string' ? 'not loaded' : 'loaded');
  const engine = await entry.open({
    model,
    ...given({ backend, runtime: options.runtime }),
    copies: heavy ? 'one' : 'several',
    needs: traffic === undefined ? [] : ['batch-graphs'],
  });
  if (traffic !== undefined && engine.batchGraphs === undefined)
    throw new UserError(`--traffic tries graphs for each batch size, and ${entry.name} builds none: leave it out.`, EXIT.usage);
  const load = (change: Change = {}): Promise<LoadedModel> => engine.load(model, { ...options, ...change });
  const loaded = await load();
  let controls: Controls | undefined;
  try {
    const variants = selectVariants(loaded, options.variants);
    controls = await controlsFor(variants, heavy ? null : load, options);
    const run: ProfileRun = {
      engine,
      model,
      loaded,
      compared: variants,
      controls,
      options,
      cpu,
      load: heavy ? null : load,
      elsewhere: elsewhere(model, options),
    };
    const recorded = await recordRun(run);
    addRunFacts(recorded.file, await factsOf(run, recorded));
    return finish(recorded, options);
  } finally {
    controls?.dispose();
    loaded.dispose();
  }
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

/** Only what has a path and runs in an engine of the table can be loaded by another process. */
function elsewhere(model: string | object, options: ProfileOptions): ProfileRun['elsewhere'] {
  if (typeof model !== 'string' || options.engine !== undefined) return null;
  const { backend, runtime, tags, signature, batch, shapes, inputs, seed, feed, threads, weightsOutside } = options;
  return { model, loadOptions: given({ backend, weightsOutside, runtime, tags, signature, batch, shapes, inputs, seed, feed, threads }) };
}

/** `load`: null where a second copy of the model would take too much memory. */
async function controlsFor(
  [baseline]: readonly RunnableVariant[],
  load: (() => Promise<LoadedModel>) | null,
  { quick, controls }: ProfileOptions,
): Promise<Controls> {
  if (quick === true) return noControls('quick');
  if (controls === 'none' || baseline === undefined) return noControls('one-of-several');
  return controlsOf(baseline, load === null ? null : await load());
}

/** What only the run knows, for its recording. */
async function factsOf(
  { engine, loaded, options }: ProfileRun,
  { missingSeams, interrupted, scripts, runs, outputs, loads }: RecordedRun,
): Promise<RunFacts> {
  const said = (sentences: readonly string[]): RunNote[] => sentences.map((sentence) => ({ kind: 'said', sentence }));
  const { firstOperationMillis: millis } = engine;
  const seen = options.graphPasses === true && !interrupted ? await passesOf(engine, loaded) : undefined;
  const stopped = runs.flatMap(({ variant: { variant }, failure }): Extract<RunNote, { kind: 'stopped' }>[] =>
    failure === undefined
      ? []
      : [{ kind: 'stopped', what: controlOf(variant) === null ? 'variant' : 'control', variant: variantKey(variant), reason: failure }],
  );
  const notes: RunNote[] = [
    ...engine.notes,
    ...missingSeams.map((sentence) => ({ kind: 'said', sentence, of: 'missing' }) as const),
    ...said(loaded.notes),
    ...(seen !== undefined && 'reason' in seen ? [{ kind: 'no-passes' as const, reason: seen.reason }] : []),
    ...said(scripts?.notes ?? []),
    ...(millis === null ? [] : [{ kind: 'first-operation' as const, millis }]),
    ...stopped.filter(({ what }) => what === 'control'),
    ...stopped.filter(({ what }) => what === 'variant'),
    ...(interrupted ? [{ kind: 'interrupted' as const, by: 'user' as const }] : []),
  ];
  return {
    notes,
    ...(seen !== undefined && 'passes' in seen ? { passes: seen.passes } : {}),
    ...(outputs.length > 0 ? { outputs } : {}),
    ...(loads.length > 0 ? { loads } : {}),
  };
}

const passesOf = async (engine: Engine, loaded: LoadedModel): Promise<SeenPasses> =>
  (await engine.optimiserPasses?.(loaded)) ?? { reason: ENGINE_SHOWS_NO_PASSES };

function finish({ folder, file, runs: all, scripts, interrupted }: RecordedRun, { reports }: ProfileOptions): ProfileResult {
  const runs = all.filter(({ variant }) => controlOf(variant.variant) === null);
  const failures = runs.flatMap(({ variant, failure }) =>
    failure === undefined ? [] : [{ variant: variantKey(variant.variant), reason: failure }],
  );
  if (failures.length === runs.length && failures[0] !== undefined) {
    throw new UserError(`No variant of the model runs: ${failures[0].reason.replace(/\.$/, '')}.`, EXIT.badInput);
  }
  const reported = reportRun(folder, reports);
  const [recording] = reported.recordings;
  if (recording === undefined) throw new Error(`internal error: ${folder} holds no recording`);
  return {
    analysis: reported.analysis,
    recording,
    folder,
    files: [{ format: 'recording', path: file }, ...(scripts?.files ?? []), ...reported.files],
    interrupted,
    failures,
  };
}
