/**
 * The gate for CI: is the model slower than its baseline by more than is allowed?
 *
 * Baseline and check are measured at different times, so rounds cannot be paired and calls of one session say nothing
 * about how much sessions differ, nor about what else the machine was doing. So each session's median is divided by the
 * time of a fixed reference workload run between its rounds, and the unit is therefore the session (the model loaded anew): Welch's test on the logs
 * of session medians. `regression` when the one-sided 95 % bound lies above what is allowed, `pass` when the other
 * bound lies below, `cannot-tell` in between: the data do not decide.
 */
import type { Analysis, VariantAnalysis } from '../model/analysis.js';
import type { Baseline, BaselineVariant, GateCheck, GateOutcome, GateResult } from '../model/gate.js';
import { BASELINE_VERSION } from '../model/gate.js';
import { EXIT, UserError } from '../model/errors.js';
import { formatNanos } from '../model/nanos.js';
import type { RecordingMeta } from '../model/recording.js';
import { STAGES, type Stage } from '../model/stage.js';
import { unlikeRuns } from './parity.js';
import { covariateEstimate, type Paired } from './statistics/covariate.js';
import { pairedEstimate, studentInterval, welchEstimate, type Estimate } from './statistics/student.js';

/** Sessions without which there is no telling how much sessions differ. */
export const FEWEST_SESSIONS = 3;

/** One session: its analysis and the time of the reference workload in it. */
export interface MeasuredSession {
  readonly analysis: Analysis;
  readonly referenceNanos: number;
}

/** Puts the analyses of several sessions of one model together. @throws UserError with fewer than three sessions. */
export function baselineOf(sessions: readonly MeasuredSession[], meta: RecordingMeta, madeAt: string): Baseline {
  const [first] = sessions;
  if (first === undefined || sessions.length < FEWEST_SESSIONS) {
    throw new UserError(`A baseline needs at least ${FEWEST_SESSIONS} sessions; ${sessions.length} were measured.`, EXIT.usage);
  }
  const variants = first.analysis.variants.flatMap(({ key }) => {
    const same = sessions.flatMap(({ analysis, referenceNanos }) =>
      analysis.variants.filter((other) => other.key === key && other.calls > 0).map((variant) => ({ variant, referenceNanos })),
    );
    return same.length < FEWEST_SESSIONS ? [] : [variantOf(key, same)];
  });
  return { baselineVersion: BASELINE_VERSION, madeAt, meta, variants };
}

function variantOf(key: string, sessions: readonly { variant: VariantAnalysis; referenceNanos: number }[]): BaselineVariant {
  const meanOf = (stage: Stage): number =>
    sessions.reduce((sum, { variant }) => sum + variant.stages[stage].nanosPerCall, 0) / sessions.length;
  return {
    key,
    sessionMedianNanos: sessions.map(({ variant }) => variant.latencyNanos.p50),
    sessionReferenceNanos: sessions.map(({ referenceNanos }) => referenceNanos),
    stageNanos: Object.fromEntries(STAGES.map((stage) => [stage, meanOf(stage)])),
  };
}

/** Compares now with a baseline. @throws UserError when they are unlike and `force` is not set. */
export function checkAgainst(baseline: Baseline, current: Baseline, maxRegression: number, force: boolean): GateResult {
  const differences = unlikeRuns(baseline, current);
  if (differences.length > 0 && !force) {
    const list = differences.map(({ field, baseline: was, candidate }) => `${field} (${was}, now ${candidate})`);
    throw new UserError(
      `The baseline was made under other conditions: ${list.join(', ')}. Make a new one with \`inferscope baseline\`, or use --force.`,
    );
  }
  const checks = baseline.variants.flatMap((was) => {
    const now = current.variants.find(({ key }) => key === was.key);
    return now === undefined ? [] : [checkVariant(was, now, maxRegression)];
  });
  if (checks.length === 0) {
    const known = baseline.variants.map(({ key }) => key).join(', ');
    throw new UserError(`Nothing that was measured is in the baseline, which holds: ${known}.`);
  }
  return {
    outcome: worst(checks),
    model: current.meta.model.name,
    maxRegression,
    checks,
    notes: differences.map(({ field, baseline: was, candidate }) => `${field} differs: ${was}, now ${candidate}.`),
  };
}

/** A regression that is certain outweighs what cannot be told. */
function worst(checks: readonly GateCheck[]): GateOutcome {
  if (checks.some(({ outcome }) => outcome === 'regression')) return 'regression';
  return checks.some(({ outcome }) => outcome === 'cannot-tell') ? 'cannot-tell' : 'pass';
}

function checkVariant(was: BaselineVariant, now: BaselineVariant, maxRegression: number): GateCheck {
  const estimate = ratioEstimate(was, now);
  const [low, high] = studentInterval(estimate, 0.9).map(Math.exp) as [number, number];
  const limit = 1 + maxRegression;
  const outcome: GateOutcome = low > limit ? 'regression' : high <= limit ? 'pass' : 'cannot-tell';
  const ratio = Math.exp(estimate.value);
  const check = {
    key: was.key,
    outcome,
    ratio,
    interval: [low, high] as const,
    baselineNanos: geometricMean(was.sessionMedianNanos),
    currentNanos: geometricMean(now.sessionMedianNanos),
  };
  return { ...check, sentence: sentenceOf(check, was, now, maxRegression) };
}

/**
 * Log of now ÷ baseline with the machine's speed taken out: session medians divided by their reference, or, where the
 * reference follows the model less than one to one (it is itself noisy), with the slope that the sessions show. The
 * surer of the two counts; by simulation that keeps alarms at the very limit near their 5 %.
 */
function ratioEstimate(was: BaselineVariant, now: BaselineVariant): Estimate {
  const divided = welchEstimate(momentsOf(was), momentsOf(now));
  const fitted = covariateEstimate(logsOf(was), logsOf(now));
  const reach = (estimate: Estimate): number => {
    const [low, high] = studentInterval(estimate, 0.9);
    return high - low;
  };
  return fitted !== null && reach(fitted) < reach(divided) ? fitted : divided;
}

const logsOf = ({ sessionMedianNanos, sessionReferenceNanos }: BaselineVariant): Paired[] =>
  sessionMedianNanos.map((nanos, session) => ({ x: Math.log(sessionReferenceNanos[session] ?? 1), y: Math.log(Math.max(1, nanos)) }));

function momentsOf({ sessionMedianNanos, sessionReferenceNanos }: BaselineVariant): Moments {
  const logs = sessionMedianNanos.map((nanos, session) => Math.log(Math.max(1, nanos) / (sessionReferenceNanos[session] ?? 1)));
  const { value, standardError } = pairedEstimate(logs);
  return { mean: value, standardError, n: logs.length };
}

interface Moments {
  readonly mean: number;
  readonly standardError: number;
  readonly n: number;
}

const geometricMean = (values: readonly number[]): number =>
  Math.exp(values.reduce((sum, value) => sum + Math.log(Math.max(1, value)), 0) / values.length);

function sentenceOf(check: Omit<GateCheck, 'sentence'>, was: BaselineVariant, now: BaselineVariant, allowed: number): string {
  const change = (ratio: number): string => `${ratio >= 1 ? '+' : '−'}${Math.abs((ratio - 1) * 100).toFixed(1)} %`;
  const figures =
    `${check.key}: ${formatNanos(check.currentNanos)} a call, baseline ${formatNanos(check.baselineNanos)}; with the machine's speed taken out ` +
    `${change(check.ratio)} (${change(check.interval[0])} to ${change(check.interval[1])}), allowed +${(allowed * 100).toFixed(1)} %`;
  switch (check.outcome) {
    case 'pass':
      return `${figures}. Within the limit.`;
    case 'regression':
      return `${figures}. A regression; ${whereItSits(was, now)}.`;
    case 'cannot-tell':
      return `${figures}. Cannot tell: the sessions differ too much; use more sessions or a quieter machine.`;
  }
}

function whereItSits(was: BaselineVariant, now: BaselineVariant): string {
  const grown = STAGES.map((stage) => ({ stage, nanos: (now.stageNanos[stage] ?? 0) - (was.stageNanos[stage] ?? 0) })).sort(
    (a, b) => b.nanos - a.nanos,
  );
  const most = grown[0] ?? { stage: 'unexplained', nanos: 0 };
  return `${most.stage} grew most, by ${formatNanos(most.nanos)} a call`;
}
