/**
 * Latency over size (batch, sequence length): `t = fixed + perItem × n`, fitted by least squares in relative terms
 * (each point weighted by the inverse square of its size's mean, because noise grows with latency), refused where a
 * line does not fit; and where two lines cross, with Fieller's interval for the ratio of two estimates.
 *
 * Where the points say which process made them, how much faster or slower each process was as a whole is taken out before the line is
 * fitted, and its uncertainty is put into both costs: processes differ by more than their passes show.
 */
import fCdf from '@stdlib/stats-base-dists-f-cdf';
import { mean } from 'simple-statistics';
import { addToGroup } from '../model/add-to-group.js';
import { DEFAULT_CONFIDENCE } from '../model/confidence.js';
import type { Bounded, FoundCrossover, FoundResult, SweepFit, SweepPoint } from '../model/sweep.js';
import { PAIR_SPREAD, PRIOR_PAIRS } from './compare-pairs.js';
import { PRIOR_PROCESSES, processSpread } from './process-ratio.js';
import { studentReach } from './statistics/student.js';

/** A lack of fit must be certain and must matter. */
const LACK_P = 0.01;
const LACK_SHARE = 0.1;

/** Fits a line, or says why none is given: three sizes at least, and residuals that are noise or small. */
export function fitSweep(points: readonly SweepPoint[], confidence = DEFAULT_CONFIDENCE): FoundResult {
  const sizes = new Set(points.map(({ size }) => size)).size;
  if (sizes < 3) return { kind: 'refused', refusal: { kind: 'few-sizes', sizes }, fit: null };
  if (points.length <= 3) return { kind: 'refused', refusal: { kind: 'few-points' }, fit: null };
  const fit = leastSquares(points, confidence);
  const worst = fit.residuals.reduce((a, b) => (Math.abs(b.share) > Math.abs(a.share) ? b : a));
  if (Math.abs(worst.share) > LACK_SHARE && (fit.lackOfFitP ?? 0) < LACK_P)
    return { kind: 'refused', refusal: { kind: 'no-line', size: worst.size, share: worst.share }, fit };
  return { kind: 'line', fit };
}

type Processes = NonNullable<SweepFit['processes']>;

/**
 * By how much the log of each process' points lies above what all processes took at those sizes; undefined where processes are not
 * known.
 */
function processesOf(points: readonly SweepPoint[]): ReadonlyMap<number, number> | undefined {
  const log = ({ nanos }: SweepPoint): number => Math.log(Math.max(1, nanos));
  const bySize = new Map<number, number[]>();
  for (const point of points) addToGroup(bySize, point.size, log(point));
  const byProcess = new Map<number, number[]>();
  for (const point of points) {
    if (point.process === undefined) return undefined;
    addToGroup(byProcess, point.process, log(point) - mean(bySize.get(point.size) ?? [0]));
  }
  return new Map([...byProcess].map(([process, above]) => [process, mean(above)]));
}

/** What is known of processes beforehand and how much these differ, together, for the mean of so many. */
const meanVariance = (shifts: readonly number[], spread: number, prior: number): number =>
  (prior * spread ** 2 + shifts.reduce((sum, shift) => sum + shift ** 2, 0)) / (prior + shifts.length - 1) / shifts.length;

interface Group {
  readonly size: number;
  readonly values: readonly number[];
  readonly mean: number;
}

function groupBySize(points: readonly SweepPoint[]): Group[] {
  const bySize = new Map<number, number[]>();
  for (const { size, nanos } of points) addToGroup(bySize, size, nanos);
  return [...bySize]
    .map(([size, values]) => ({ size, values, mean: values.reduce((a, b) => a + b, 0) / values.length }))
    .sort((a, b) => a.size - b.size);
}

function leastSquares(measured: readonly SweepPoint[], confidence: number): SweepFit {
  const shiftOf = processesOf(measured);
  const points = measured.map(({ size, nanos, process = 0 }) => ({ size, nanos: nanos / Math.exp(shiftOf?.get(process) ?? 0) }));
  const groups = groupBySize(points);
  const weightOf = new Map(groups.map(({ size, mean }) => [size, 1 / Math.max(1, mean) ** 2]));
  const sum = (of: (point: SweepPoint, weight: number) => number): number =>
    points.reduce((all, point) => all + of(point, weightOf.get(point.size) ?? 0), 0);
  const weights = sum((_, w) => w);
  const meanX = sum(({ size }, w) => w * size) / weights;
  const meanY = sum(({ nanos }, w) => w * nanos) / weights;
  const sxx = sum(({ size }, w) => w * (size - meanX) ** 2);
  const perItem = sum(({ size, nanos }, w) => w * (size - meanX) * (nanos - meanY)) / sxx;
  const fixed = meanY - perItem * meanX;
  const line = (size: number): number => fixed + perItem * size;
  const squares = sum(({ size, nanos }, w) => w * (nanos - line(size)) ** 2);
  const shifts = [...(shiftOf?.values() ?? [])];
  const freeShifts = Math.max(0, shifts.length - 1);
  const within = points.length - 2 - freeShifts;
  const variance = squares / within;
  const processes: Processes | undefined =
    shiftOf === undefined
      ? undefined
      : { shifts, variance: meanVariance(shifts, processSpread(mean(groups.map((group) => group.mean))), PRIOR_PROCESSES) };
  const covariance = scaledBy(processes?.variance ?? 0, fixed, perItem, [
    variance * (1 / weights + meanX ** 2 / sxx),
    (-variance * meanX) / sxx,
    variance / sxx,
  ]);
  const df = processes === undefined ? within : Math.min(within, PRIOR_PROCESSES + freeShifts);
  const reach = studentReach(confidence, df);
  const bounded = (value: number, spread: number): Bounded => ({
    value,
    interval: [value - reach * Math.sqrt(spread), value + reach * Math.sqrt(spread)],
  });
  return {
    fixedNanos: bounded(fixed, covariance[0]),
    perItemNanos: bounded(perItem, covariance[2]),
    residuals: groups.map(({ size, mean }) => ({ size, nanos: mean, fitted: line(size), share: (mean - line(size)) / Math.max(1, mean) })),
    lackOfFitP: lackOfFit(groups, weightOf, squares, points.length - freeShifts),
    df,
    covariance,
    ...(processes === undefined ? {} : { processes }),
  };
}

/** With an error of the line as a whole, of this variance, added. */
const scaledBy = (variance: number, fixed: number, perItem: number, [a, b, c]: SweepFit['covariance']): SweepFit['covariance'] => [
  a + variance * fixed ** 2,
  b + variance * fixed * perItem,
  c + variance * perItem ** 2,
];

/**
 * Covariances for where two lines meet. What a process does to both cancels there: what remains is how much pairs of variants in one
 * process differ.
 */
function covariancesApart(baseline: SweepFit, candidate: SweepFit): readonly SweepFit['covariance'][] {
  const [one, other] = [baseline.processes, candidate.processes];
  if (one === undefined || other === undefined) return [baseline.covariance, candidate.covariance];
  const apart = meanVariance(
    one.shifts.map((shift, index) => shift - (other.shifts[index] ?? 0)),
    PAIR_SPREAD,
    PRIOR_PAIRS,
  );
  return [baseline, candidate].map((fit) =>
    scaledBy(apart / 2 - (fit.processes?.variance ?? 0), fit.fixedNanos.value, fit.perItemNanos.value, fit.covariance),
  );
}

/** F test of the scatter of sizes about the line against the scatter of repeats about their size. */
function lackOfFit(groups: readonly Group[], weightOf: ReadonlyMap<number, number>, squares: number, count: number): number | null {
  const repeats = count - groups.length;
  if (repeats === 0) return null;
  const pure = groups.reduce(
    (all, { size, values, mean }) => all + (weightOf.get(size) ?? 0) * values.reduce((s, v) => s + (v - mean) ** 2, 0),
    0,
  );
  const lack = Math.max(0, squares - pure) / (groups.length - 2);
  if (pure === 0) return lack === 0 ? 1 : 0;
  return 1 - fCdf(lack / (pure / repeats), groups.length - 2, repeats);
}

/** Crossover within the sizes measured (`from` to `to`); beyond them nothing is claimed. */
export function crossover(
  baseline: SweepFit,
  candidate: SweepFit,
  from: number,
  to: number,
  confidence = DEFAULT_CONFIDENCE,
): FoundCrossover {
  const fixed = candidate.fixedNanos.value - baseline.fixedNanos.value;
  const slope = baseline.perItemNanos.value - candidate.perItemNanos.value;
  const covariances = covariancesApart(baseline, candidate);
  const [vf, m, vs] = [0, 1, 2].map((i) => covariances.reduce((sum, covariance) => sum + (covariance[i] ?? 0), 0)) as [
    number,
    number,
    number,
  ];
  const reach = studentReach(confidence, Math.min(baseline.df, candidate.df));
  const gap = (size: number): Bounded => {
    const value = fixed - slope * size;
    const spread = reach * Math.sqrt(Math.max(0, vf + 2 * m * size + vs * size ** 2));
    return { value, interval: [value - spread, value + spread] };
  };
  const [start, end] = [signOf(gap(from)), signOf(gap(to))];
  if (start !== 0 && start === end) return { kind: 'none', faster: start > 0 ? 'baseline' : 'candidate' };
  if (start === 0 && end === 0 && fixed === 0 && slope === 0) return { kind: 'none', faster: 'neither' };
  if (start === 0 || end === 0) return { kind: 'cannot-tell', because: 'close-at-one-end' };
  // Fieller: the sizes at which the gap is not significantly different from zero, roots of a quadratic.
  const a = slope ** 2 - reach ** 2 * vs;
  const b = fixed * slope + reach ** 2 * m;
  const c = fixed ** 2 - reach ** 2 * vf;
  const root = Math.sqrt(Math.max(0, b ** 2 - a * c));
  if (a <= 0) return { kind: 'cannot-tell', because: 'nearly-parallel' };
  return {
    kind: 'crossover',
    size: { value: fixed / slope, interval: [(b - root) / a, (b + root) / a] },
    fasterBelow: start > 0 ? 'baseline' : 'candidate',
  };
}

/**
 * Share of a call of `size` items that is fixed cost, with its interval (delta method on fixed and per-item cost, whose
 * errors are correlated), cut to 0..1.
 */
export function overheadShare(
  { fixedNanos, perItemNanos, covariance, df }: SweepFit,
  size: number,
  confidence = DEFAULT_CONFIDENCE,
): Bounded {
  const items = perItemNanos.value * size;
  const whole = fixedNanos.value + items;
  const value = fixedNanos.value / whole;
  const [byFixed, byItem] = [items / whole ** 2, (-fixedNanos.value * size) / whole ** 2];
  const variance = byFixed ** 2 * covariance[0] + 2 * byFixed * byItem * covariance[1] + byItem ** 2 * covariance[2];
  const reach = studentReach(confidence, df) * Math.sqrt(Math.max(0, variance));
  const cut = (share: number): number => Math.min(1, Math.max(0, share));
  return { value: cut(value), interval: [cut(value - reach), cut(value + reach)] };
}

/** 1 or −1 when the interval clears zero, 0 otherwise. */
const signOf = ({ interval: [low, high] }: Bounded): number => (low > 0 ? 1 : high < 0 ? -1 : 0);
