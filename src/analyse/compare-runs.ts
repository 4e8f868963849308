import type { StageFigure } from '../model/analysis.js';
import { EXIT, UserError } from '../model/errors.js';
import type { ComparisonFinding, Note, RunFindings, TrustFinding } from '../model/findings.js';
import type { Recording } from '../model/recording.js';
import { STAGES, type Stage } from '../model/stage.js';
import { processBlocks } from './blocks.js';
import { byKey } from './by-key.js';
import { withheldBy } from './compare.js';
import { diffFrames } from './diff.js';
import { type Frame, rescaleFrame } from './frames.js';
import { gather } from './gather.js';
import { stageFigures } from './ledger.js';
import { type AnalyseOptions, type Settings, settingsOf } from './options.js';
import { watchedSpeed } from './machine-speed.js';
import { modelsApart } from './models.js';
import { otherMachine, unlikeRuns } from './parity.js';
import { processRatio, type ProcessSeries } from './process-ratio.js';
import { NO_INTERVAL } from './ratio.js';
import { trustOf } from './trust.js';
import { variantFrames } from './variant-frames.js';
import { verdictOf } from '../model/verdict.js';
import type { Difference } from '../model/parity.js';

export interface CompareRunsOptions extends AnalyseOptions {
  /** Compare runs although they are unlike. */
  readonly force?: boolean;
}

interface RunSide {
  readonly key: string;
  readonly series: ProcessSeries;
  readonly frames: Frame;
  readonly stages: Readonly<Record<Stage, StageFigure>>;
}

/**
 * Compares the variants that two runs of one model share, or their only variants with each other.
 *
 * @throws UserError when the runs are unlike and `force` is not set (the sentence lists what differs), and when they
 *   have no variant in common.
 */
export function compareRuns(one: readonly Recording[], other: readonly Recording[], options: CompareRunsOptions = {}): RunFindings {
  const both = modelsApart([...one, ...other]);
  const [baseline, candidate] = [both.slice(0, one.length), both.slice(one.length)];
  const [a] = baseline;
  const [b] = candidate;
  if (a === undefined || b === undefined) throw new UserError('Two runs are needed to compare; one has no recording.');
  const shares = otherMachine(a, b);
  const differences = unlikeRuns(a, b);
  refuseUnlike(differences, shares, options.force === true);
  const settings = settingsOf(options);
  const { clockResolutionNanos } = a.meta.tool;
  const failed = failedTrust([baseline, candidate], settings);
  const comparisons = pairSides(sideOf('baseline', baseline), sideOf('candidate', candidate)).map(([left, right]) =>
    shares
      ? compareShares(left, right, clockResolutionNanos, settings)
      : compareTimes(left, right, { clockResolutionNanos, settings, models: modelsOf(a, b) }),
  );
  return {
    basis: shares ? 'shares' : 'times',
    differences,
    comparisons: comparisons.map((comparison) => withheldBy(comparison, failed)),
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

const notesOn = (differences: readonly Difference[], shares: boolean): Note[] => [
  { kind: shares ? 'other-machine' : 'not-interleaved' },
  ...differences.map((difference): Note => ({ kind: 'runs-differ', difference })),
];

/** A run that failed its own A/A control proves nothing beside another run either. */
function failedTrust(runs: readonly (readonly Recording[])[], settings: Settings): Pick<TrustFinding, 'withheld' | 'withheldBelow'> {
  const failed = runs.flatMap((recordings, index) => {
    const { variants, controls } = gather(recordings);
    const { withheld, withheldBelow } = trustOf(recordings, variants, controls, settings);
    return withheld === null || withheldBelow === null
      ? []
      : [{ withheld: { ...withheld, run: index === 0 ? ('baseline' as const) : ('candidate' as const) }, withheldBelow }];
  });
  return failed.sort((a, b) => b.withheldBelow - a.withheldBelow)[0] ?? { withheld: null, withheldBelow: null };
}

/** Processes are what is counted: rounds of one run do not belong to rounds of the other. */
function sidesOf(recordings: readonly Recording[]): RunSide[] {
  const gathered = gather(recordings, processBlocks(recordings));
  const machine = watchedSpeed(recordings.map(({ conditions }) => conditions));
  return gathered.variants
    .filter(({ latencies }) => latencies.length > 0)
    .map((data) => ({
      key: data.key,
      series: { nanos: data.latencies, blocks: data.latencyBlocks, signatures: data.latencySignatures, machine },
      frames: variantFrames(data, gathered),
      stages: stageFigures(data.ledger, data.ledgerCalls),
    }));
}

/** @throws UserError for a run of whose calls none was warm: nothing of it can be compared. */
function sideOf(name: 'baseline' | 'candidate', recordings: readonly Recording[]): RunSide[] {
  const sides = sidesOf(recordings);
  if (sides.length > 0) return sides;
  const calls = recordings.flatMap((recording) => recording.calls);
  const failed = calls.filter(({ error }) => error !== undefined).length;
  const cold = calls.filter(({ error, temperature }) => error === undefined && temperature !== 'warm').length;
  throw new UserError(
    `Nothing was measured in the ${name} run: of its ${calls.length} calls ${cold} were cold, ${failed} failed and none was warm. Record a run with more calls of one loaded model.`,
    EXIT.badInput,
  );
}

function pairSides(left: readonly RunSide[], right: readonly RunSide[]): readonly (readonly [RunSide, RunSide])[] {
  const pairs = byKey(left, right);
  if (pairs.length > 0) return pairs;
  const keys = (sides: readonly RunSide[]): string => sides.map(({ key }) => key).join(', ') || 'none';
  throw new UserError(`The runs have no measured variant in common: ${keys(left)} against ${keys(right)}.`);
}

interface TimesOptions {
  readonly clockResolutionNanos: number;
  readonly settings: Settings;
  readonly models: readonly [string, string] | null;
}

function compareTimes(left: RunSide, right: RunSide, { clockResolutionNanos, settings, models }: TimesOptions): ComparisonFinding {
  const ratio = processRatio(left.series, right.series, settings.confidence);
  const verdict = verdictOf(ratio, settings.practicalThreshold);
  return {
    baseline: left.key,
    candidate: right.key,
    ratio: ratio.value,
    interval: ratio.interval,
    verdict,
    rests: {
      kind: 'runs',
      keys: [left.key, right.key],
      basis: ratio.basis,
      confidence: settings.confidence,
      counted: { processes: ratio.processes, withinNoise: ratio.withinNoise },
      models,
    },
    diff: diffFrames(left.frames, right.frames, clockResolutionNanos, settings, 'processes'),
    ...(ratio.basis === 'too-few' ? { withheld: { kind: 'no-common-input' } as const } : {}),
  };
}

/** The models that can be measured together; null where one was no file. */
function modelsOf(a: Recording, b: Recording): readonly [string, string] | null {
  const [before, after] = [a.meta.model.path, b.meta.model.path];
  return before === null || after === null ? null : [before, after];
}

/** The candidate's times are stretched until both calls take equally long; then a shift is a shift of shares. */
function compareShares(left: RunSide, right: RunSide, resolution: number, settings: Settings): ComparisonFinding {
  const own = right.frames.perCall.meanTotalNanos;
  const factor = own === 0 ? 1 : left.frames.perCall.meanTotalNanos / own;
  const moved = [...STAGES]
    .map((stage) => ({ stage, from: left.stages[stage].share, to: right.stages[stage].share }))
    .sort((one, other) => Math.abs(other.to - other.from) - Math.abs(one.to - one.from));
  const largest = moved[0] ?? { stage: 'glue' as const, from: 0, to: 0 };
  return {
    baseline: left.key,
    candidate: right.key,
    ratio: 1,
    interval: NO_INTERVAL,
    verdict: 'cannot-tell',
    rests: { kind: 'shares', key: right.key, ...largest },
    diff: diffFrames(left.frames, rescaleFrame(right.frames, factor), resolution, settings, 'processes'),
    withheld: { kind: 'other-machine' },
  };
}
