/**
 * The gate for CI: is the model slower than its baseline by more than is allowed?
 *
 * Baseline and check are measured at different times, so rounds cannot be paired and calls of one process say nothing
 * about how much processes differ. The unit is therefore the process. What other tasks do to a
 * call only ever lengthens it, so a process is told by a low quantile of its calls; processes in which a fixed reference
 * workload shows that the machine had a slow spell do not count; and what the processor's and the reference's speed
 * changed since the baseline is taken out as far as calls follow it. Then Welch's test on the logs: `regression` when
 * the lower bound lies above what is allowed, `pass` when the upper one lies below, `cannot-tell` in between.
 * Figures: docs/decisions/0013-the-gate-measures-processes.md.
 */
import { mean, median, quantile, quantileSorted } from 'simple-statistics';
import type { Analysis, VariantAnalysis } from '../model/analysis.js';
import type { Baseline, BaselineVariant, GateCheckFinding, GateFindings, GateNote, GateOutcome } from '../model/gate.js';
import { BASELINE_VERSION, FASTEST_TYPICAL, ordinal, UNDISTURBED } from '../model/gate.js';
import { EXIT, UserError } from '../model/errors.js';
import type { Recording, RecordingMeta } from '../model/recording.js';
import { STAGES, type Stage } from '../model/stage.js';
import { gather } from './gather.js';
import { quantile as statedQuantile, samplesNeeded, sortSamples } from './latency.js';
import { ONLY_LOOK, wrongAt, type Look } from './gate-looks.js';
import { machineError, machineShare, machineSpeed, type MachineSpeed } from './machine-speed.js';
import { unlikeRuns } from './parity.js';
import { pairedEstimate, studentInterval, welchEstimate, type Estimate } from './statistics/student.js';

/** Processes without which there is no telling how much processes differ. */
export const MIN_PROCESSES = 3;
/** A process whose reference is slower than its run's lower quartile by more than this fell into a slow spell of the machine. */
const SLOW_SPELL = 1.15;
/**
 * What disturbs processes by more than this comes in bursts longer than a process, so a part of it is common to all
 * processes of a run and does not average out.
 */
const STEADY_SPREAD = 0.03;
const BURST_SHARE = 0.6;

/** What is run between a process's rounds to see how fast the machine is: each time of either, nanoseconds. */
export interface MachineTimes {
  readonly referenceNanos: readonly number[];
  readonly loopNanos: readonly number[];
}

/** What is kept of a process: by variant, an undisturbed call and where its time goes, and the machine's speed beside it. */
export interface MeasuredProcess {
  readonly variants: ReadonlyMap<
    string,
    { readonly nanos: number; readonly percentiles: readonly (number | null)[]; readonly stages: VariantAnalysis['stages'] }
  >;
  readonly referenceNanos: number;
  readonly loopNanos: number;
}

const undisturbed = (nanos: readonly number[]): number => quantile([...nanos], UNDISTURBED);

export function measuredProcess(
  recording: Recording,
  analysis: Pick<Analysis, 'variants'>,
  { referenceNanos, loopNanos }: MachineTimes,
): MeasuredProcess {
  const latencies = new Map(gather([recording]).variants.map((data) => [data.key, data.latencies]));
  const measured = analysis.variants.filter(({ calls }) => calls > 0);
  return {
    variants: new Map(
      measured.map(({ key, stages }) => [
        key,
        { stages, nanos: undisturbed(latencies.get(key) ?? [0]), percentiles: percentilesOf(latencies.get(key) ?? []) },
      ]),
    ),
    referenceNanos: undisturbed(referenceNanos),
    loopNanos: undisturbed(loopNanos),
  };
}

/** The 1st to 99th, whole nanoseconds: those that so many calls can state. */
function percentilesOf(nanos: readonly number[]): (number | null)[] {
  const sorted = sortSamples(nanos);
  return Array.from({ length: 99 }, (_, index) => {
    const stated = sorted === null ? null : statedQuantile(sorted, (index + 1) / 100);
    return stated === null ? null : Math.round(stated);
  });
}

/** Puts processes of one model together. @throws UserError with fewer than three processes. */
export function baselineOf(processes: readonly MeasuredProcess[], meta: RecordingMeta, madeAt: string): Baseline {
  const [first] = processes;
  if (first === undefined || processes.length < MIN_PROCESSES) {
    throw new UserError(`A baseline needs at least ${MIN_PROCESSES} processes; ${processes.length} were measured.`, EXIT.usage);
  }
  const variants = [...first.variants.keys()].flatMap((key) => variantOf(key, processes) ?? []);
  return { baselineVersion: BASELINE_VERSION, madeAt, meta, variants };
}

/** Null where the variant ran in too few of the processes. */
function variantOf(key: string, processes: readonly MeasuredProcess[]): BaselineVariant | null {
  const ran = processes.flatMap(({ variants, referenceNanos, loopNanos }) => {
    const variant = variants.get(key);
    return variant === undefined ? [] : [{ ...variant, referenceNanos, loopNanos }];
  });
  if (ran.length < MIN_PROCESSES) return null;
  const meanOf = (stage: Stage): number => ran.reduce((sum, { stages }) => sum + stages[stage].nanosPerCall, 0) / ran.length;
  return {
    key,
    sessionNanos: ran.map(({ nanos }) => nanos),
    sessionPercentiles: ran.map(({ percentiles }) => percentiles),
    sessionReferenceNanos: ran.map(({ referenceNanos }) => referenceNanos),
    sessionLoopNanos: ran.map(({ loopNanos }) => loopNanos),
    stageNanos: Object.fromEntries(STAGES.map((stage) => [stage, meanOf(stage)])),
  };
}

/** Largest standard error of a variant's mean, as a share: how much of a slowdown goes unseen for want of processes. */
export const uncertaintyOf = ({ variants }: Baseline): number =>
  Math.max(0, ...variants.map((variant) => momentsOf(steadyLogs(variant)).standardError));

/** How two baselines are compared. */
export interface CheckOptions {
  /** Slowdown that is allowed, a share. */
  readonly maxRegression: number;
  /** Compare although conditions differ. */
  readonly force?: boolean;
  /** Which percentile of the calls is compared, a whole number from 1 to 99; default 5, which other work hardly moves. */
  readonly percentile?: number;
  /** Where this is one of several looks at processes that are still being measured. */
  readonly look?: Look;
}

/** Compares now with a baseline. @throws UserError when they are unlike and `force` is not set. */
export function checkAgainst(
  baseline: Baseline,
  current: Baseline,
  { maxRegression, force = false, percentile = FASTEST_TYPICAL, look = ONLY_LOOK }: CheckOptions,
): GateFindings {
  if (!force) refuseUnlike(baseline, current);
  const differences = unlikeRuns(baseline, current);
  const checks = baseline.variants.flatMap((was) => {
    const now = current.variants.find(({ key }) => key === was.key);
    const limits = { maxRegression, wrong: wrongAt(look) };
    return now === undefined
      ? []
      : [checkVariant(atPercentile(was, percentile, 'the baseline'), atPercentile(now, percentile, 'this check'), limits)];
  });
  if (checks.length === 0) {
    const known = baseline.variants.map(({ key }) => key).join(', ');
    throw new UserError(`Nothing that was measured is in the baseline, which holds: ${known}.`);
  }
  return {
    outcome: worst(checks),
    model: current.meta.model.name,
    maxRegression,
    percentile,
    sessions: [processesIn(baseline), processesIn(current)],
    checks,
    notes: [
      ...differences.map((difference): GateNote => ({ kind: 'differs', difference })),
      ...slowSpells('baseline', baseline),
      ...slowSpells('check', current),
    ],
  };
}

/**
 * A changed model is what a gate is for, so the files of one of the same name may differ; nothing else may.
 * @throws UserError when they are unlike, with the list of what differs.
 */
export function refuseUnlike(baseline: Baseline, current: Pick<Baseline, 'meta'>): void {
  const sameName = baseline.meta.model.name === current.meta.model.name;
  const differences = unlikeRuns(baseline, current).filter(({ field }) => !(sameName && field === 'model'));
  if (differences.length === 0) return;
  const list = differences.map(({ field, baseline: was, candidate }) => `${field} (${was}, now ${candidate})`);
  throw new UserError(
    `The baseline was made under other conditions: ${list.join(', ')}. Make a new one with \`inferscope baseline\`, or use --force.`,
  );
}

const processesIn = ({ variants }: Baseline): number => Math.max(...variants.map(({ sessionNanos }) => sessionNanos.length));

/** A regression that is certain outweighs what is inconclusive. */
function worst(checks: readonly Pick<GateCheckFinding, 'outcome'>[]): GateOutcome {
  if (checks.some(({ outcome }) => outcome === 'regression')) return 'regression';
  return checks.some(({ outcome }) => outcome === 'cannot-tell') ? 'cannot-tell' : 'pass';
}

/** How many processes do not count, in words. */
function slowSpells(run: 'baseline' | 'check', { variants }: Baseline): GateNote[] {
  const [first] = variants;
  if (first === undefined) return [];
  const all = first.sessionNanos.length;
  const slow = all - steadyLogs(first).length;
  return slow === 0 ? [] : [{ kind: 'discarded', run, slow, all }];
}

/** For a check that has not measured yet. @throws UserError where the calls of the baseline do not carry the percentile */
export function requirePercentile({ variants }: Baseline, percentile: number): void {
  for (const variant of variants) atPercentile(variant, percentile, 'the baseline');
}

/** A variant told by another percentile. @throws UserError where its calls do not carry it */
function atPercentile(variant: BaselineVariant, percentile: number, where: string): BaselineVariant {
  if (percentile === FASTEST_TYPICAL) return variant;
  const all = variant.sessionPercentiles?.map((percentiles) => percentiles[percentile - 1] ?? null);
  if (all === undefined)
    throw new UserError(
      'The baseline was written by an older version and holds no percentiles: make a new one with `inferscope baseline`.',
    );
  const sessionNanos = all.filter((nanos) => nanos !== null);
  if (sessionNanos.length === all.length) return { ...variant, sessionNanos };
  const needed = samplesNeeded(percentile / 100);
  // A call takes about as long as in most processes; twice that leaves room for the slower ones.
  const seconds = Math.ceil((2 * needed * median([...variant.sessionNanos])) / 1e9);
  throw new UserError(
    `The ${ordinal(percentile)} percentile needs at least ${needed} calls in each process, and ${where} has fewer: use a longer --duration for both, such as ${Math.max(2, seconds)}.`,
    EXIT.usage,
  );
}

/** A change of the machine's speed that is worth a word. */
const NOTABLE_DRIFT = 0.05;

interface Limits {
  readonly maxRegression: number;
  readonly wrong: number;
}

function checkVariant(was: BaselineVariant, now: BaselineVariant, { maxRegression, wrong }: Limits): GateCheckFinding {
  const [before, after] = [steadyLogs(was), steadyLogs(now)];
  const change = (of: (one: ProcessLogs) => number): number => mean(after.map(of)) - mean(before.map(of));
  const followed = machineError({ loop: change(({ loop }) => loop), waking: change(({ waking }) => waking) });
  const moments = [momentsOf(before), momentsOf(after)] as const;
  const processes = uncertainBy(welchEstimate(...moments), Math.hypot(...moments.map(burstError)));
  const estimate = uncertainBy(processes, followed);
  const [low, high] = studentInterval(estimate, 1 - 2 * wrong).map(Math.exp) as [number, number];
  const limit = 1 + maxRegression;
  const outcome: GateOutcome = low > limit ? 'regression' : high <= limit ? 'pass' : 'cannot-tell';
  return {
    key: was.key,
    outcome,
    ratio: Math.exp(estimate.value),
    interval: [low, high] as const,
    machineRatio: Math.exp(change(machineShare)),
    machineDrifted: Math.abs(change(machineShare)) >= NOTABLE_DRIFT,
    baselineNanos: geometricMean(before),
    currentNanos: geometricMean(after),
    grown: grownMost(was, now),
    machineChanged: followed > processes.standardError,
    processes: [was.sessionNanos.length, now.sessionNanos.length],
  };
}

function grownMost(was: BaselineVariant, now: BaselineVariant): GateCheckFinding['grown'] {
  const grown = STAGES.map((stage) => ({ stage, nanos: (now.stageNanos[stage] ?? 0) - (was.stageNanos[stage] ?? 0) }));
  return grown.reduce((most, one) => (one.nanos > most.nanos ? one : most));
}

/** Logs of a process: an undisturbed call, and the machine's speed beside it. */
interface ProcessLogs extends MachineSpeed {
  readonly call: number;
}

/** The processes outside of slow spells, three at the least. */
function steadyLogs({ sessionNanos, sessionReferenceNanos, sessionLoopNanos }: BaselineVariant): readonly ProcessLogs[] {
  const processes = sessionNanos.map((nanos, index): ProcessLogs => {
    return { call: Math.log(Math.max(1, nanos)), ...machineSpeed(sessionLoopNanos[index] ?? 1, sessionReferenceNanos[index] ?? 1) };
  });
  const wakings = processes.map(({ waking }) => waking).sort((a, b) => a - b);
  const slowest = Math.max(quantileSorted(wakings, 0.25) + Math.log(SLOW_SPELL), wakings[MIN_PROCESSES - 1] ?? -Infinity);
  return processes.filter(({ waking }) => waking <= slowest);
}

/** Of the logs of calls with the machine's speed taken out. */
function momentsOf(processes: readonly ProcessLogs[]): Moments {
  const { value, standardError } = pairedEstimate(processes.map((one) => one.call - machineShare(one)));
  return { mean: value, standardError, n: processes.length };
}

interface Moments {
  readonly mean: number;
  readonly standardError: number;
  readonly n: number;
}

/** The error that all processes of a run have in common. */
const burstError = ({ standardError, n }: Moments): number => BURST_SHARE * Math.max(0, standardError * Math.sqrt(n) - STEADY_SPREAD);

/** A further error beside that of the processes. */
const uncertainBy = ({ value, standardError, df }: Estimate, error: number): Estimate => ({
  value,
  standardError: Math.hypot(standardError, error),
  df,
});

const geometricMean = (processes: readonly ProcessLogs[]): number => Math.exp(mean(processes.map(({ call }) => call)));
