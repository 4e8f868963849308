import type { Comparison, StageFigure } from '../model/analysis.js';
import { EXIT, UserError } from '../model/errors.js';
import type { Recording } from '../model/recording.js';
import { STAGES, type Stage } from '../model/stage.js';
import type { Trust } from '../model/trust.js';
import { compareSides, withheldBy, type Side } from './compare.js';
import { diffFrames } from './diff.js';
import { rescaleFrame, withoutBlocks } from './frames.js';
import { gather } from './gather.js';
import { stageFigures } from './ledger.js';
import { type AnalyseOptions, type Settings, settingsOf } from './options.js';
import { type Difference, otherMachine, unlikeRuns } from './parity.js';
import { NO_INTERVAL } from './ratio.js';
import { trustOf } from './trust.js';
import { variantFrames } from './variant-frames.js';

export interface CompareRunsOptions extends AnalyseOptions {
  /** Compare runs although they are unlike. */
  readonly force?: boolean;
}

/** Two runs side by side. `times`: latencies are compared; `shares`: only what part of a call goes where. */
export interface RunComparison {
  readonly basis: 'times' | 'shares';
  readonly differences: readonly Difference[];
  readonly comparisons: readonly Comparison[];
  readonly notes: readonly string[];
}

interface RunSide extends Side {
  readonly stages: Readonly<Record<Stage, StageFigure>>;
}

/**
 * Compares the variants that two runs of one model share, or their only variants with each other.
 *
 * @throws UserError when the runs are unlike and `force` is not set (the sentence lists what differs), and when they
 *   have no variant in common.
 */
export function compareRuns(
  baseline: readonly Recording[],
  candidate: readonly Recording[],
  options: CompareRunsOptions = {},
): RunComparison {
  const [a] = baseline;
  const [b] = candidate;
  if (a === undefined || b === undefined) throw new UserError('Two runs are needed to compare; one has no recording.');
  const shares = otherMachine(a, b);
  const differences = unlikeRuns(a, b);
  refuseUnlike(differences, shares, options.force === true);
  const settings = settingsOf(options);
  const { clockResolutionNanos } = a.meta.tool;
  const failed = failedTrust([baseline, candidate], settings);
  const comparisons = pairSides(sidesOf(baseline), sidesOf(candidate)).map(([left, right]) =>
    shares
      ? compareShares(left, right, clockResolutionNanos, settings)
      : compareSides(left, right, a.meta.model.runtime, clockResolutionNanos, settings),
  );
  return {
    basis: shares ? 'shares' : 'times',
    differences,
    comparisons: comparisons.filter((comparison) => comparison !== null).map((comparison) => withheldBy(comparison, failed)),
    notes: notesOn(differences, shares),
  };
}

function refuseUnlike(differences: readonly Difference[], shares: boolean, force: boolean): void {
  const against = differences.filter(({ scope }) => scope === 'run' || !shares);
  if (force || against.length === 0) return;
  const list = against.map(({ field, baseline, candidate }) => `${field} (${baseline} against ${candidate})`);
  throw new UserError(
    `These runs are unlike, so their difference would not mean much: ${list.join(', ')}. Use --force to compare them all the same.`,
    EXIT.badInput,
  );
}

function notesOn(differences: readonly Difference[], shares: boolean): string[] {
  const notes = differences.map(
    ({ field, baseline, candidate }) => `The runs differ in ${field}: ${baseline} against ${candidate}.`,
  );
  if (shares) {
    return ['The runs were recorded on different machines: shares of a call are compared, not times.', ...notes];
  }
  return ['The runs were not interleaved: what changed on the machine between them is part of the difference.', ...notes];
}

/** A run that failed its own A/A control proves nothing beside another run either. */
function failedTrust(runs: readonly (readonly Recording[])[], settings: Settings): Pick<Trust, 'withheld' | 'withheldBelow'> {
  const failed = runs.flatMap((recordings, index) => {
    const { variants, controls } = gather(recordings);
    const { withheld, withheldBelow } = trustOf(recordings, variants, controls, settings);
    return withheld === null || withheldBelow === null ? [] : [{ withheld: `in the ${index === 0 ? 'baseline' : 'candidate'} run ${withheld}`, withheldBelow }];
  });
  return failed.sort((a, b) => b.withheldBelow - a.withheldBelow)[0] ?? { withheld: null, withheldBelow: null };
}

/** Rounds of one run do not belong to rounds of the other, so they are forgotten. */
function sidesOf(recordings: readonly Recording[]): RunSide[] {
  const gathered = gather(recordings);
  return gathered.variants
    .filter(({ latencies }) => latencies.length > 0)
    .map((data) => ({
      key: data.key,
      latencies: { nanos: data.latencies, blocks: data.latencies.map(() => -1) },
      frames: withoutBlocks(variantFrames(data, gathered)),
      stages: stageFigures(data.ledger, data.ledgerCalls),
    }));
}

function pairSides(left: readonly RunSide[], right: readonly RunSide[]): (readonly [RunSide, RunSide])[] {
  const shared = left.flatMap((side) => {
    const match = right.find(({ key }) => key === side.key);
    return match === undefined ? [] : [[side, match] as const];
  });
  if (shared.length > 0) return shared;
  const [one] = left;
  const [other] = right;
  if (one !== undefined && other !== undefined && left.length === 1 && right.length === 1) return [[one, other]];
  const keys = (sides: readonly RunSide[]): string => sides.map(({ key }) => key).join(', ') || 'none';
  throw new UserError(`The runs have no measured variant in common: ${keys(left)} against ${keys(right)}.`);
}

/** The candidate's times are stretched until both calls take equally long; then a shift is a shift of shares. */
function compareShares(left: RunSide, right: RunSide, resolution: number, settings: Settings): Comparison {
  const own = right.frames.perCall.meanTotalNanos;
  const factor = own === 0 ? 1 : left.frames.perCall.meanTotalNanos / own;
  const moved = [...STAGES]
    .map((stage) => ({ stage, from: left.stages[stage].share, to: right.stages[stage].share }))
    .sort((one, other) => Math.abs(other.to - other.from) - Math.abs(one.to - one.from));
  const largest = moved[0] ?? { stage: 'glue', from: 0, to: 0 };
  const percent = (share: number): string => `${(share * 100).toFixed(1)} %`;
  return {
    baseline: left.key,
    candidate: right.key,
    ratio: 1,
    interval: NO_INTERVAL,
    verdict: 'cannot-tell',
    sentence:
      `Shares of ${right.key}, recorded on another machine: ${largest.stage} moved most, ` +
      `from ${percent(largest.from)} to ${percent(largest.to)} of a call.`,
    diff: diffFrames(left.frames, rescaleFrame(right.frames, factor), resolution, settings),
    withheld: 'recorded on different machines: times are not compared',
  };
}
