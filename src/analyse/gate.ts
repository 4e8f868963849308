/**
 * The gate for CI: is the model slower than its baseline by more than is allowed?
 *
 * Baseline and check are measured at different times, so rounds cannot be paired and calls of one session say nothing
 * about how much sessions differ. The unit is therefore the session (the model loaded anew). What other tasks do to a
 * call only ever lengthens it, so a session is told by its lower decile, and it is divided by the same of a fixed
 * reference workload run between its rounds, which takes the machine's speed out. Then Welch's test on the logs:
 * `regression` when the lower bound lies above what is allowed, `pass` when the upper one lies below, `cannot-tell` in
 * between. Figures: docs/decisions/0012-the-gate.md.
 */
import { quantile } from 'simple-statistics';
import type { Analysis, VariantAnalysis } from '../model/analysis.js';
import type { Baseline, BaselineVariant, GateCheck, GateOutcome, GateResult } from '../model/gate.js';
import { BASELINE_VERSION } from '../model/gate.js';
import { EXIT, UserError } from '../model/errors.js';
import { formatNanos } from '../model/nanos.js';
import type { Recording, RecordingMeta } from '../model/recording.js';
import { STAGES, type Stage } from '../model/stage.js';
import { gather } from './gather.js';
import { ONLY_LOOK, wrongAt, type Look } from './gate-looks.js';
import { unlikeRuns } from './parity.js';
import { pairedEstimate, studentInterval, welchEstimate, type Estimate } from './statistics/student.js';

/** Sessions without which there is no telling how much sessions differ. */
export const FEWEST_SESSIONS = 3;

/** Which quantile stands for a session, of calls and of the reference workload. */
const UNDISTURBED = 0.1;
/**
 * A model follows the machine's speed about as the reference does, and not exactly: by 0.94 for 1, with a standard
 * error of 0.27, on a busy machine. So this share of the machine's change since the baseline counts as uncertain.
 */
const SLOPE_SPREAD = 0.25;
/**
 * What disturbs sessions by more than this comes in bursts longer than a session, so a part of it is common to all
 * sessions of a run and does not average out.
 */
const STEADY_SPREAD = 0.03;
const BURST_SHARE = 0.5;
/** A change of the machine's speed that is worth a word. */
const NOTABLE_DRIFT = 0.05;

/** What is kept of a session: by variant, an undisturbed call and where its time goes, and the reference beside it. */
export interface MeasuredSession {
  readonly variants: ReadonlyMap<string, { readonly nanos: number; readonly stages: VariantAnalysis['stages'] }>;
  readonly referenceNanos: number;
}

/** `referenceNanos`: each time of the reference workload between the session's rounds. */
export function measuredSession(recording: Recording, analysis: Analysis, referenceNanos: readonly number[]): MeasuredSession {
  const latencies = new Map(gather([recording]).variants.map((data) => [data.key, data.latencies]));
  const measured = analysis.variants.filter(({ calls }) => calls > 0);
  return {
    variants: new Map(measured.map(({ key, stages }) => [key, { stages, nanos: quantile(latencies.get(key) ?? [0], UNDISTURBED) }])),
    referenceNanos: quantile([...referenceNanos], UNDISTURBED),
  };
}

/** Puts sessions of one model together. @throws UserError with fewer than three sessions. */
export function baselineOf(sessions: readonly MeasuredSession[], meta: RecordingMeta, madeAt: string): Baseline {
  const [first] = sessions;
  if (first === undefined || sessions.length < FEWEST_SESSIONS) {
    throw new UserError(`A baseline needs at least ${FEWEST_SESSIONS} sessions; ${sessions.length} were measured.`, EXIT.usage);
  }
  const variants = [...first.variants.keys()].flatMap((key) => variantOf(key, sessions) ?? []);
  return { baselineVersion: BASELINE_VERSION, madeAt, meta, variants };
}

/** Null where the variant ran in too few of the sessions. */
function variantOf(key: string, sessions: readonly MeasuredSession[]): BaselineVariant | null {
  const ran = sessions.flatMap(({ variants, referenceNanos }) => {
    const variant = variants.get(key);
    return variant === undefined ? [] : [{ ...variant, referenceNanos }];
  });
  if (ran.length < FEWEST_SESSIONS) return null;
  const meanOf = (stage: Stage): number => ran.reduce((sum, { stages }) => sum + stages[stage].nanosPerCall, 0) / ran.length;
  return {
    key,
    sessionNanos: ran.map(({ nanos }) => nanos),
    sessionReferenceNanos: ran.map(({ referenceNanos }) => referenceNanos),
    stageNanos: Object.fromEntries(STAGES.map((stage) => [stage, meanOf(stage)])),
  };
}

/** Largest standard error of a variant's mean, as a share: how much of a slowdown goes unseen for want of sessions. */
export const uncertaintyOf = ({ variants }: Baseline): number => Math.max(0, ...variants.map((variant) => momentsOf(variant).standardError));

/** How two baselines are compared. */
export interface CheckOptions {
  /** Slowdown that is allowed, a share. */
  readonly maxRegression: number;
  /** Compare although conditions differ. */
  readonly force?: boolean;
  /** Where this is one of several looks at sessions that are still being measured. */
  readonly look?: Look;
}

/** Compares now with a baseline. @throws UserError when they are unlike and `force` is not set. */
export function checkAgainst(baseline: Baseline, current: Baseline, { maxRegression, force = false, look = ONLY_LOOK }: CheckOptions): GateResult {
  const differences = unlikeRuns(baseline, current);
  if (differences.length > 0 && !force) {
    const list = differences.map(({ field, baseline: was, candidate }) => `${field} (${was}, now ${candidate})`);
    throw new UserError(
      `The baseline was made under other conditions: ${list.join(', ')}. Make a new one with \`inferscope baseline\`, or use --force.`,
    );
  }
  const checks = baseline.variants.flatMap((was) => {
    const now = current.variants.find(({ key }) => key === was.key);
    return now === undefined ? [] : [checkVariant(was, now, maxRegression, wrongAt(look))];
  });
  if (checks.length === 0) {
    const known = baseline.variants.map(({ key }) => key).join(', ');
    throw new UserError(`Nothing that was measured is in the baseline, which holds: ${known}.`);
  }
  return {
    outcome: worst(checks),
    model: current.meta.model.name,
    maxRegression,
    sessions: [sessionsOf(baseline), sessionsOf(current)],
    checks,
    notes: differences.map(({ field, baseline: was, candidate }) => `${field} differs: ${was}, now ${candidate}.`),
  };
}

const sessionsOf = ({ variants }: Baseline): number => Math.max(...variants.map(({ sessionNanos }) => sessionNanos.length));

/** A regression that is certain outweighs what cannot be told. */
function worst(checks: readonly GateCheck[]): GateOutcome {
  if (checks.some(({ outcome }) => outcome === 'regression')) return 'regression';
  return checks.some(({ outcome }) => outcome === 'cannot-tell') ? 'cannot-tell' : 'pass';
}

function checkVariant(was: BaselineVariant, now: BaselineVariant, maxRegression: number, wrong: number): GateCheck {
  const drift = meanLog(now.sessionReferenceNanos) - meanLog(was.sessionReferenceNanos);
  const [before, after] = [momentsOf(was), momentsOf(now)];
  const estimate = uncertainBy(welchEstimate(before, after), Math.hypot(SLOPE_SPREAD * drift, burstError(before), burstError(after)));
  const [low, high] = studentInterval(estimate, 1 - 2 * wrong).map(Math.exp) as [number, number];
  const limit = 1 + maxRegression;
  const outcome: GateOutcome = low > limit ? 'regression' : high <= limit ? 'pass' : 'cannot-tell';
  const ratio = Math.exp(estimate.value);
  const check = {
    key: was.key,
    outcome,
    ratio,
    interval: [low, high] as const,
    machineRatio: Math.exp(drift),
    baselineNanos: geometricMean(was.sessionNanos),
    currentNanos: geometricMean(now.sessionNanos),
  };
  return { ...check, sentence: sentenceOf(check, was, now, maxRegression) };
}

/** Of the logs of session ÷ reference. */
function momentsOf({ sessionNanos, sessionReferenceNanos }: BaselineVariant): Moments {
  const logs = sessionNanos.map((nanos, session) => Math.log(Math.max(1, nanos) / Math.max(1, sessionReferenceNanos[session] ?? 1)));
  const { value, standardError } = pairedEstimate(logs);
  return { mean: value, standardError, n: logs.length };
}

interface Moments {
  readonly mean: number;
  readonly standardError: number;
  readonly n: number;
}

/** The error that all sessions of a run have in common. */
const burstError = ({ standardError, n }: Moments): number => BURST_SHARE * Math.max(0, standardError * Math.sqrt(n) - STEADY_SPREAD);

/** A further error beside that of the sessions. */
const uncertainBy = ({ value, standardError, df }: Estimate, error: number): Estimate => ({ value, standardError: Math.hypot(standardError, error), df });

const meanLog = (values: readonly number[]): number => values.reduce((sum, value) => sum + Math.log(Math.max(1, value)), 0) / values.length;
const geometricMean = (values: readonly number[]): number => Math.exp(meanLog(values));

function sentenceOf(check: Omit<GateCheck, 'sentence'>, was: BaselineVariant, now: BaselineVariant, allowed: number): string {
  const change = (ratio: number): string => `${ratio >= 1 ? '+' : '−'}${Math.abs((ratio - 1) * 100).toFixed(1)} %`;
  const { machineRatio } = check;
  const machine = Math.abs(Math.log(machineRatio)) < NOTABLE_DRIFT ? '' : `; the machine itself was ${Math.abs((machineRatio - 1) * 100).toFixed(0)} % ${machineRatio > 1 ? 'slower' : 'faster'} than for the baseline`;
  const figures =
    `${check.key}: ${formatNanos(check.currentNanos)} an undisturbed call, baseline ${formatNanos(check.baselineNanos)}; with the machine's speed taken out ` +
    `${change(check.ratio)} (${change(check.interval[0])} to ${change(check.interval[1])}), allowed +${(allowed * 100).toFixed(1)} %${machine}`;
  switch (check.outcome) {
    case 'pass':
      return `${figures}. Within the limit.`;
    case 'regression':
      return `${figures}. A regression; ${whereItSits(was, now)}.`;
    case 'cannot-tell':
      return `${figures}. Cannot tell: ${was.sessionNanos.length} sessions against ${now.sessionNanos.length} differ too much among themselves; use more (--max-sessions, here and for the baseline) or a quieter machine.`;
  }
}

function whereItSits(was: BaselineVariant, now: BaselineVariant): string {
  const grown = STAGES.map((stage) => ({ stage, nanos: (now.stageNanos[stage] ?? 0) - (was.stageNanos[stage] ?? 0) })).sort(
    (a, b) => b.nanos - a.nanos,
  );
  const most = grown[0] ?? { stage: 'unexplained', nanos: 0 };
  return `${most.stage} grew most, by ${formatNanos(most.nanos)} a call`;
}
