/**
 * Candidate ÷ baseline between runs: processes are what is counted.
 *
 * Calls of one process agree with each other and not with the next process, so a process is one value: the fastest
 * typical call (5th percentile), which other work on the machine hardly moves. How much processes differ is taken from the
 * runs themselves, together with what was measured beforehand (docs/decisions/0014-runs-are-compared-by-process.md):
 * that counts like a few processes more, so that one process a side still has an interval, and many overrule it.
 */
import { mean, quantileSorted } from 'simple-statistics';
import type { Counted } from '../model/findings.js';
import { addToGroup } from '../model/add-to-group.js';
import { speedChange, type WatchedSpeed } from './machine-speed.js';
import { NO_INTERVAL, type LatencySeries } from './ratio.js';
import { chunks } from './statistics/chunks.js';
import { studentInterval, studentReach, type Estimate } from './statistics/student.js';
import type { Ratio } from '../model/verdict.js';

/** Which quantile of its calls stands for a process. */
const FASTEST_TYPICAL = 0.05;
/**
 * Standard deviation of the log of that quantile between processes of one program, by the length of a call, on two
 * processors with other work beside it. A long call cannot slip between the disturbances.
 */
export const processSpread = (nanos: number): number => (nanos < LONG_CALL_NANOS ? 0.1 : 0.17);
const LONG_CALL_NANOS = 2e6;
/**
 * Where nothing beside the calls shows how fast the machine was (traces of a service, programs, short runs), processes may differ
 * by so much more.
 */
const UNWATCHED = 2;
/** How many processes that counts for. */
export const PRIOR_PROCESSES = 6;

/** Standard deviation of the log of single calls on a busy machine, and for how many calls that counts: few may all have been disturbed. */
const CALL_SPREAD = 0.5;
const PRIOR_CALLS = 4;
/** Calls of t seconds may lie in one slow spell of a busy machine as a whole: processes differ by this ÷ t more, at most by `most`. */
const SPELL = { seconds: 0.07, most: 0.7 } as const;
/** Of the fastest typical call in so many stretches of a process two agree where it is that of a process at speed and undisturbed. */
const STRETCHES = 4;
/**
 * A process that made calls for t seconds has not come to speed by this ÷ t, as a share: V8 compiles what is hot. After n calls, by
 * this ÷ n.
 */
const SETTLING = { seconds: 0.05, calls: 100 } as const;

/** One side: calls with the process of each as their block, and the machine's speed, where it was watched. */
export interface ProcessSeries extends LatencySeries {
  readonly signatures: readonly string[];
  readonly machine: WatchedSpeed | null;
}

export interface ProcessRatio extends Ratio, Counted {
  /** What the calls of both leave uncertain about their log, as a standard error: the least that it is uncertain by. */
  readonly error: number;
}

/** Inputs of several shapes are compared shape by shape, weighted by how often both sides had them. */
export function processRatio(baseline: ProcessSeries, candidate: ProcessSeries, confidence: number): ProcessRatio {
  const [left, right] = [bySignature(baseline), bySignature(candidate)];
  const weights = sharedWeights(left, right);
  const [a, b] = [left, right].map((side) => processFigures(side, weights)) as [ProcessFigures, ProcessFigures];
  const processes = [a.logs.length, b.logs.length] as const;
  if (a.logs.length === 0 || b.logs.length === 0)
    return { value: 1, interval: NO_INTERVAL, basis: 'too-few', processes, withinNoise: Infinity, error: 0 };
  const watched = baseline.machine !== null && candidate.machine !== null ? speedChange(baseline.machine, candidate.machine) : null;
  const known = ({ logs, error, seconds }: ProcessFigures): ProcessValues => ({
    values: logs,
    spread: Math.hypot(
      processSpread(Math.exp(mean(logs))) * (watched === null ? UNWATCHED : 1),
      error,
      Math.min(SPELL.most, SPELL.seconds / seconds),
    ),
  });
  const estimate = betweenProcesses(known(a), known(b), Math.hypot(watched?.error ?? 0, settlingError(a, b)));
  const value = estimate.value - (watched?.share ?? 0);
  const [low, high] = studentInterval({ ...estimate, value }, confidence);
  const withinNoise = Math.exp(studentReach(confidence, estimate.df) * estimate.standardError) - 1;
  return {
    value: Math.exp(value),
    interval: [Math.exp(low), Math.exp(high)],
    basis: 'unpaired',
    processes,
    withinNoise,
    error: Math.hypot(...[a, b].map(({ error, logs }) => error / Math.sqrt(logs.length))),
  };
}

/** One side's value for each process, and what is known beforehand of how much processes differ. */
export interface ProcessValues {
  readonly values: readonly number[];
  readonly spread: number;
}

/** Difference of the means; `furtherError`: a standard error beside that of the processes. At least one value a side. */
export function betweenProcesses(baseline: ProcessValues, candidate: ProcessValues, furtherError = 0): Estimate {
  const variances = [baseline, candidate].map(({ values, spread }) => {
    const center = mean([...values]);
    const squares = values.reduce((sum, value) => sum + (value - center) ** 2, 0);
    return (PRIOR_PROCESSES * spread ** 2 + squares) / (PRIOR_PROCESSES + values.length - 1) / values.length;
  });
  return {
    value: mean([...candidate.values]) - mean([...baseline.values]),
    standardError: Math.hypot(...variances.map(Math.sqrt), furtherError),
    df: PRIOR_PROCESSES + baseline.values.length + candidate.values.length - 2,
  };
}

/** Signature → process → latencies. */
type Latencies = ReadonlyMap<string, ReadonlyMap<number, readonly number[]>>;

function bySignature({ nanos, blocks, signatures }: ProcessSeries): Latencies {
  const found = new Map<string, Map<number, number[]>>();
  nanos.forEach((value, index) => {
    const signature = signatures[index] ?? '';
    const processes = found.get(signature) ?? new Map<number, number[]>();
    found.set(signature, processes);
    addToGroup(processes, blocks[index] ?? -1, value);
  });
  return found;
}

/**
 * Share of the calls that have a signature, over those that every process of both sides has; none: the runs share no input that all
 * processes had.
 */
function sharedWeights(left: Latencies, right: Latencies): ReadonlyMap<string, number> {
  const processesOf = (side: Latencies): number => new Set([...side.values()].flatMap((processes) => [...processes.keys()])).size;
  const everywhere = (side: Latencies, signature: string): boolean => side.get(signature)?.size === processesOf(side);
  const shared = [...left.keys()].filter((signature) => everywhere(left, signature) && everywhere(right, signature));
  const callsOf = (signature: string): number =>
    [left, right].reduce(
      (sum, side) => sum + [...(side.get(signature)?.values() ?? [])].reduce((calls, { length }) => calls + length, 0),
      0,
    );
  const all = shared.reduce((sum, signature) => sum + callsOf(signature), 0);
  return new Map(shared.map((signature) => [signature, callsOf(signature) / all]));
}

interface ProcessFigures {
  /** The weighted log of the fastest typical call of each process. */
  readonly logs: number[];
  /** What the calls of a process leave uncertain about it, as a standard error. */
  readonly error: number;
  /** How long a process made calls, and how many. */
  readonly seconds: number;
  readonly calls: number;
}

/** Processes of as many calls, or of as many seconds of them, have come to speed alike. */
const settlingError = (a: ProcessFigures, b: ProcessFigures): number =>
  Math.min(...(['seconds', 'calls'] as const).map((of) => SETTLING[of] * Math.abs(1 / a[of] - 1 / b[of])));

function processFigures(side: Latencies, weights: ReadonlyMap<string, number>): ProcessFigures {
  const found = new Map<number, { log: number; variance: number; nanos: number; calls: number }>();
  for (const [signature, weight] of weights) {
    for (const [process, nanos] of side.get(signature) ?? []) {
      const before = found.get(process) ?? { log: 0, variance: 0, nanos: 0, calls: 0 };
      found.set(process, {
        log: before.log + weight * logOfFastest(nanos),
        variance: before.variance + (weight * errorOfFastest(nanos)) ** 2,
        nanos: before.nanos + nanos.reduce((sum, one) => sum + one, 0),
        calls: before.calls + nanos.length,
      });
    }
  }
  const processes = [...found.values()];
  const meanOf = (key: 'variance' | 'nanos' | 'calls'): number =>
    processes.reduce((sum, one) => sum + one[key], 0) / Math.max(1, processes.length);
  return {
    logs: processes.map(({ log }) => log),
    error: Math.sqrt(meanOf('variance')),
    seconds: Math.max(1, meanOf('nanos')) / 1e9,
    calls: Math.max(1, meanOf('calls')),
  };
}

/** A latency of zero (below the clock's resolution) counts as a nanosecond. */
const logOfFastest = (nanos: readonly number[]): number =>
  Math.log(
    Math.max(
      1,
      quantileSorted(
        [...nanos].sort((a, b) => a - b),
        FASTEST_TYPICAL,
      ),
    ),
  );

/** From how far the fastest two of a process' stretches are apart, and how many calls it made. */
function errorOfFastest(nanos: readonly number[]): number {
  const [first = 0, second = first] = chunks(nanos, Math.min(STRETCHES, nanos.length))
    .map(logOfFastest)
    .sort((a, b) => a - b);
  const logs = nanos.map((one) => Math.log(Math.max(1, one)));
  const center = mean(logs);
  const variance =
    (PRIOR_CALLS * CALL_SPREAD ** 2 + logs.reduce((sum, one) => sum + (one - center) ** 2, 0)) / (PRIOR_CALLS + logs.length - 1);
  return Math.hypot(second - first, Math.sqrt(variance / logs.length));
}
