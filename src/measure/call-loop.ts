import { setImmediate as turn } from 'node:timers/promises';
import type { CpuUse } from '../model/cpu.js';
import { EXIT, IdsDoNotFit, lacksFileHandles, NO_FILE_HANDLE, reasonLine, UserError } from '../model/errors.js';
import type { CallRecorder, CallScope, CallStart } from '../model/recorder.js';
import type { ProcessMemory } from '../model/recording.js';
import type { RunnableVariant } from '../model/runnable.js';
import { controlOf, variantKey } from '../model/variant.js';
import type { RunPlan } from './run-plan.js';
import { callsPerRound, isSettled, medianOrNaN, seededShuffle } from './rounds.js';
import { KIND, STAGE } from '../model/codes.js';

/** Calls that carry a p99: a variant that is left alone in its rounds makes no more than these. */
const ENOUGH_ALONE = 300;

/** A variant that took part, or why it stopped. */
export interface VariantRun {
  readonly variant: RunnableVariant;
  readonly index: number;
  /** Latencies of the measured calls, nanoseconds. */
  readonly latencies: number[];
  readonly roundMedians: number[];
  perRound: number;
  spentNanos: number;
  failure: string | undefined;
}

/** What one call needs of {@link LoopOptions}. */
export type CallOptions = Pick<LoopOptions, 'recorder' | 'signature' | 'batch' | 'memory' | 'processMemory'>;

export interface LoopOptions {
  readonly recorder: CallRecorder & {
    latencyOnly(start: CallStart, startMillis: number, endMillis: number): void;
    noteHeld(tensors: number, tensorBytes: number, memory?: ProcessMemory): void;
    noteCpu(cpu: CpuUse): void;
  };
  /** Looks at what a variant's turn takes of the processors. */
  readonly cpu?: { begin(variant: number): void; end(calls: number): CpuUse | undefined };
  /** Tensors and bytes alive now; asked before and after each call, outside of it. */
  readonly memory: () => { readonly numTensors: number; readonly numBytes: number };
  /** Memory of the process, asked after each call, outside of it; undefined when it is too soon to ask again. */
  readonly processMemory?: () => ProcessMemory | undefined;
  readonly plan: RunPlan;
  readonly signature: string;
  readonly batch: number;
  /** Told before the first call of a variant and after each round; also the place to flush. */
  readonly onProgress: (run: VariantRun, phase: 'prepare' | 'warm-up' | 'measure', done: number, total: number | null) => void;
  /** Between rounds, outside of any call. */
  readonly onPause: () => void;
  readonly signal: AbortSignal;
}

/**
 * Calls several variants of one model in interleaved rounds, after each has had its cold call and its warm-up.
 *
 * A variant that fails is left out from there on and the others go on; an abort stops after the call that is running.
 */
export async function runInRounds(variants: readonly RunnableVariant[], options: LoopOptions): Promise<VariantRun[]> {
  const runs = variants.map((variant, index): VariantRun => ({
    variant,
    index,
    latencies: [],
    roundMedians: [],
    perRound: 1,
    spentNanos: 0,
    failure: undefined,
  }));
  for (const run of runs) {
    if (isStopped(options)) break;
    await guarded(run, () => warmUp(run, options));
  }
  const shuffle = seededShuffle(options.plan.seed);
  for (let round = 0; !isStopped(options); round++) {
    const open = runs.filter((run) => run.failure === undefined && !isDone(run, runs, options.plan));
    if (open.length === 0) break;
    for (const run of shuffle(open)) {
      if (isStopped(options)) break;
      await guarded(run, () => oneRound(run, round, options));
    }
    // The event loop turns so that garbage collection entries arrive.
    await turn();
    options.onPause();
  }
  return runs;
}

async function guarded(run: VariantRun, body: () => Promise<void>): Promise<void> {
  try {
    await body();
  } catch (thrown) {
    // What the others make of such a call (XLA clamps the id) is no figure of the model.
    if (thrown instanceof IdsDoNotFit) throw thrown;
    // Nor is this the variant's failure.
    if (lacksFileHandles(thrown)) throw new UserError(NO_FILE_HANDLE, EXIT.io, { cause: thrown });
    run.failure = reasonLine(thrown);
    if (process.env['INFERSCOPE_DEBUG'] !== undefined) console.error(variantKey(run.variant.variant), thrown);
  }
}

async function warmUp(run: VariantRun, options: LoopOptions): Promise<void> {
  const { plan } = options;
  options.onProgress(run, 'prepare', 0, null);
  await run.variant.prepare();
  const seen: number[] = [];
  for (let i = 0; i < plan.warmup + 1 && !isStopped(options); i++) {
    options.onProgress(run, 'warm-up', i, plan.warmup + 1);
    const latency = await oneCall(run, i === 0 ? 'cold-session' : 'warm', -1, options);
    seen.push(latency);
    // A slow model warms up for at most a third of the time it will be measured, unless it was said how often.
    if (!plan.wholeWarmup && i > 0 && seen.reduce((a, b) => a + b, 0) > (plan.maxSecondsPerVariant * 1e9) / 3) break;
  }
  run.perRound = callsPerRound(medianOrNaN(seen.slice(1).length > 0 ? seen.slice(1) : seen), plan.calls);
  await turn();
  options.onPause();
}

async function oneRound(run: VariantRun, round: number, options: LoopOptions): Promise<void> {
  const latencies: number[] = [];
  const wanted = Math.min(run.perRound, (options.plan.calls ?? Infinity) - run.latencies.length);
  const cpu = controlOf(run.variant.variant) === null ? options.cpu : undefined;
  cpu?.begin(run.index);
  for (let i = 0; i < wanted && !isStopped(options); i++) {
    latencies.push(await oneCall(run, 'warm', round, options));
  }
  const use = cpu?.end(latencies.length);
  if (use !== undefined) options.recorder.noteCpu(use);
  if (latencies.length === 0) return;
  run.latencies.push(...latencies);
  run.roundMedians.push(medianOrNaN(latencies));
  // The warm-up's few calls may have met a pause of the machine. A round of a single call is no fair turn: what the variant before
  // left in the caches slows the first one.
  run.perRound = callsPerRound(medianOrNaN(run.roundMedians.slice(-9)), options.plan.calls);
  run.spentNanos += latencies.reduce((a, b) => a + b, 0);
  options.onProgress(run, 'measure', run.latencies.length, options.plan.calls ?? null);
}

function isDone(run: VariantRun, runs: readonly VariantRun[], plan: RunPlan): boolean {
  if (plan.calls !== undefined) return run.latencies.length >= plan.calls;
  const isSpent = ({ failure, spentNanos }: VariantRun): boolean => failure !== undefined || spentNanos >= plan.maxSecondsPerVariant * 1e9;
  if (isSpent(run)) return true;
  // Alone, without another variant's calls in between, calls are faster: they would say another thing than the rounds do.
  const others = runs.filter((other) => other !== run);
  if (plan.until === 'settled' && others.length > 0 && others.every(isSpent) && run.latencies.length >= ENOUGH_ALONE) return true;
  // Rounds stay paired: a variant goes on until all that still run have settled.
  return (
    plan.until === 'settled' &&
    runs.every((other) => isSpent(other) || controlOf(other.variant.variant) !== null || isSettled(other.roundMedians))
  );
}

/** One call with its read-back; the result is freed afterwards, outside of the call. Returns the latency. */
export async function oneCall(
  run: Pick<VariantRun, 'variant' | 'index'>,
  temperature: CallStart['temperature'],
  round: number,
  options: CallOptions,
): Promise<number> {
  const { variant } = run;
  const { recorder, memory } = options;
  const start: CallStart = { variant: run.index, temperature, round, signature: options.signature, batch: options.batch };
  if (controlOf(variant.variant) === 'unrecorded') return await unrecordedCall(run, start, options);
  const name = recorder.interner.string(variant.variant.call);
  const adapter = recorder.interner.string('data-adapter');
  const finish = (scope: CallScope, result: unknown): unknown => {
    if (scope.adapterRow >= 0) scope.close(scope.adapterRow);
    if (scope.executionRow >= 0) scope.close(scope.executionRow);
    scope.adapterRow = -1;
    scope.executionRow = -1;
    variant.fetch(result);
    return result;
  };
  const body = (scope: CallScope): unknown => {
    scope.adapterRow = scope.open(adapter, KIND.stage, STAGE.adapter);
    return variant.call();
  };
  const before = memory();
  const result = variant.async
    ? await recorder.callAsync(start, name, KIND.call, STAGE.unexplained, async (scope) => finish(scope, await body(scope)))
    : recorder.callSync(start, name, KIND.call, STAGE.glue, (scope) => finish(scope, body(scope)));
  const latency = recorder.lastLatencyNanos;
  variant.release(result);
  const after = memory();
  const process = options.processMemory?.();
  recorder.noteHeld(
    after.numTensors - before.numTensors,
    after.numBytes - before.numBytes,
    process === undefined ? undefined : { ...process, tensorBytes: after.numBytes },
  );
  return latency;
}

/** The same call with nothing recorded but its latency: the seams are there, and pass through. */
async function unrecordedCall(
  { variant }: Pick<VariantRun, 'variant' | 'index'>,
  start: CallStart,
  { recorder }: CallOptions,
): Promise<number> {
  const startMillis = performance.now();
  const result = variant.async ? await variant.call() : variant.call();
  variant.fetch(result);
  recorder.latencyOnly(start, startMillis, performance.now());
  variant.release(result);
  return recorder.lastLatencyNanos;
}

/** A function, because the signal changes between two looks. */
const isStopped = ({ signal }: LoopOptions): boolean => signal.aborted;
