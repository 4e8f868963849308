/**
 * The certificate of a run: would it have called a thing faster than itself?
 *
 * The baseline runs a second time from its own copy of the model, in the same rounds (the A/A control). It fails when the
 * same rule that judges variants calls it faster or slower; then verdicts are withheld, because the machine moved by as
 * much. Only a difference far beyond what the pair differed by is still told (decision 0010). The false-alarm rate comes
 * from the same rule on many short stretches: the A/A control, and every variant's even calls against its odd ones.
 */
import type { ControlFailure, MissingControl, TrustFinding, Unfavourable } from '../model/findings.js';
import type { Recording } from '../model/recording.js';
import { departure, type AgainstItself, type Conditions, type FalseAlarms, type Trust } from '../model/trust.js';
import { controlOf, type Control } from '../model/variant.js';
import type { Settings } from './options.js';
import { latencyRatio, type LatencySeries } from './ratio.js';
import { wilsonInterval } from './statistics/wilson.js';
import type { VariantData } from './variant-data.js';
import { verdictOf } from '../model/verdict.js';

/** Blocks of rounds that make one trial of the false-alarm rate. */
const TRIAL_BLOCKS = 12;
/**
 * A rate that is certainly above this (twice the nominal 5 %) fails the run. One alarm never does: it comes by chance
 * once in twenty trials, and Wilson's interval of 1 of 1 begins at 21 % all the same.
 */
const MAX_FALSE_ALARMS = 0.1;
/**
 * With a failed pair, only what lies beyond five times what it differed by, and twice what it may have, is told: where
 * copies of a model have speeds of their own, that lets hardly more pairs of equals through than telling nothing at all.
 */
const BEYOND_MEASURED = 5;
const BEYOND_POSSIBLE = 2;

/** Judges a run by its controls. `variants`: those that are compared, the baseline first. */
export function trustOf(
  recordings: readonly Recording[],
  variants: readonly VariantData[],
  controls: readonly VariantData[],
  settings: Settings,
): TrustFinding {
  const [baseline] = variants;
  const control = (kind: Control): VariantData | undefined =>
    controls.find(({ variant, latencies }) => controlOf(variant) === kind && latencies.length > 0);
  const again = baseline === undefined ? null : againstItself(baseline, control('again'), settings);
  const falseAlarms = countFalseAlarms(variants, baseline, control('again'), settings);
  const conditions = recordings.find((recording) => recording.conditions !== undefined)?.conditions ?? null;
  const skipped = skippedOf(recordings, again, control('unrecorded'));
  const withheld = again === null ? null : reasonToWithhold(again, falseAlarms);
  const withheldBelow = withheld === null || again === null ? null : farBeyond(again, falseAlarms);
  const grade = again === null ? 'not-run' : withheld === null ? 'passed' : 'failed';
  return {
    grade,
    withheld,
    withheldBelow,
    overhead: baseline === undefined ? null : overheadOf(baseline, control('unrecorded'), settings),
    again,
    falseAlarms,
    clockResolutionNanos: recordings[0]?.meta.tool.clockResolutionNanos ?? 0,
    conditions,
    withinNoise: again === null ? null : departure(again.interval),
    unfavourable: conditions === null ? [] : unfavourableIn(conditions),
    skipped,
  };
}

const seriesOf = ({ latencies, latencyBlocks }: VariantData): LatencySeries => ({ nanos: latencies, blocks: latencyBlocks });

/** Null without enough rounds to judge: an A/A control that cannot fail says nothing. */
function againstItself(baseline: VariantData, again: VariantData | undefined, settings: Settings): AgainstItself | null {
  if (again === undefined || baseline.latencies.length === 0) return null;
  const ratio = latencyRatio(seriesOf(baseline), seriesOf(again), settings.confidence);
  if (ratio.basis === 'too-few') return null;
  return { variant: baseline.key, ratio: ratio.value, interval: ratio.interval, verdict: verdictOf(ratio, settings.practicalThreshold) };
}

function overheadOf(baseline: VariantData, unrecorded: VariantData | undefined, settings: Settings): Trust['overhead'] {
  if (unrecorded === undefined || baseline.latencies.length === 0) return null;
  const { value, interval, basis } = latencyRatio(seriesOf(unrecorded), seriesOf(baseline), settings.confidence);
  return basis === 'too-few' ? null : { variant: baseline.key, ratio: value, interval };
}

function countFalseAlarms(
  variants: readonly VariantData[],
  baseline: VariantData | undefined,
  again: VariantData | undefined,
  settings: Settings,
): FalseAlarms | null {
  const pairs: (readonly [LatencySeries, LatencySeries])[] = variants.map((data) => evenAndOdd(seriesOf(data)));
  if (baseline !== undefined && again !== undefined) pairs.push([seriesOf(baseline), seriesOf(again)], evenAndOdd(seriesOf(again)));
  let trials = 0;
  let alarms = 0;
  let largest = 0;
  for (const [a, b] of pairs) {
    const last = a.blocks.reduce((most, block) => Math.max(most, block), -1);
    for (let from = 0; from + TRIAL_BLOCKS <= last + 1; from += TRIAL_BLOCKS) {
      const ratio = latencyRatio(between(a, from), between(b, from), settings.confidence);
      if (ratio.basis !== 'paired') continue;
      trials += 1;
      const verdict = verdictOf(ratio, settings.practicalThreshold);
      if (verdict !== 'faster' && verdict !== 'slower') continue;
      alarms += 1;
      largest = Math.max(largest, departure([ratio.value, ratio.value]));
    }
  }
  return trials === 0
    ? null
    : { trials, alarms, rate: alarms / trials, largest, interval: wilsonInterval(alarms, trials, settings.confidence) };
}

/** Calls of each block in turn to either side; a block with one call falls out, as it cannot be paired. */
function evenAndOdd({ nanos, blocks }: LatencySeries): readonly [LatencySeries, LatencySeries] {
  const sides = [0, 1].map(() => ({ nanos: [] as number[], blocks: [] as number[] }));
  const seen = new Map<number, number>();
  nanos.forEach((value, index) => {
    const block = blocks[index] ?? -1;
    const place = seen.get(block) ?? 0;
    seen.set(block, place + 1);
    // The first of a block goes to either side in turn: the first call after another variant is slower than the rest.
    const side = sides[(place + block) % 2];
    if (block < 0 || side === undefined) return;
    side.nanos.push(value);
    side.blocks.push(block);
  });
  return [sides[0] ?? { nanos: [], blocks: [] }, sides[1] ?? { nanos: [], blocks: [] }];
}

function between({ nanos, blocks }: LatencySeries, from: number): LatencySeries {
  const inside = (_: number, index: number): boolean => {
    const block = blocks[index] ?? -1;
    return block >= from && block < from + TRIAL_BLOCKS;
  };
  return { nanos: nanos.filter(inside), blocks: blocks.filter(inside) };
}

/** The share up to which differences are withheld when the pair failed, or false alarms keep coming. */
export const farBeyond = ({ ratio, interval }: AgainstItself, falseAlarms: FalseAlarms | null): number =>
  Math.max(
    BEYOND_MEASURED * departure([ratio, ratio]),
    BEYOND_POSSIBLE * departure(interval),
    BEYOND_POSSIBLE * (falseAlarms?.largest ?? 0),
  );

/** Why verdicts are withheld, null where nothing speaks against them. */
export function reasonToWithhold(again: AgainstItself, falseAlarms: FalseAlarms | null): ControlFailure | null {
  if (again.verdict === 'faster' || again.verdict === 'slower') return { kind: 'differs-from-itself', again };
  if (falseAlarms === null || falseAlarms.alarms <= 1 || falseAlarms.interval[0] <= MAX_FALSE_ALARMS) return null;
  return { kind: 'false-alarms', alarms: falseAlarms.alarms, trials: falseAlarms.trials };
}

function skippedOf(
  recordings: readonly Recording[],
  again: AgainstItself | null,
  unrecorded: VariantData | undefined,
): TrustFinding['skipped'] {
  const said = recordings.flatMap(({ meta }) => meta.skipped ?? []);
  if (said.length > 0) return [...new Set(said)];
  const missing: MissingControl[] = [];
  if (again === null) missing.push({ control: 'again' });
  if (unrecorded === undefined) missing.push({ control: 'unrecorded' });
  return missing;
}

/** The probe's fastest and slowest look differ by more than this: the CPU did not give the same all the time. */
const NOTABLE_PROBE = 1.25;
const NOTABLE_MHZ = 1.05;
const NOTABLE_FREE = 0.05;

function unfavourableIn({ cpuCount, cpuMhz, probeNanos, load, throttledNanos, memory }: Conditions): Unfavourable[] {
  const found: Unfavourable[] = [];
  if (cpuCount.start !== cpuCount.end) found.push({ kind: 'cpu-count', ...cpuCount });
  if (cpuMhz !== null && cpuMhz.high > cpuMhz.low * NOTABLE_MHZ) found.push({ kind: 'clock', lowMhz: cpuMhz.low, highMhz: cpuMhz.high });
  if (probeNanos.high > probeNanos.low * NOTABLE_PROBE)
    found.push({ kind: 'cpu-shared', lowNanos: probeNanos.low, highNanos: probeNanos.high });
  if (load !== null && Math.max(load.start, load.end) > cpuCount.end + 1) found.push({ kind: 'busy', ...load, cpus: cpuCount.end });
  if (throttledNanos !== null && throttledNanos > 0) found.push({ kind: 'throttled', nanos: throttledNanos });
  if (memory.lowestAvailableBytes < memory.limitBytes * NOTABLE_FREE)
    found.push({ kind: 'memory-short', bytes: memory.lowestAvailableBytes });
  if (memory.majorFaults > 0) found.push({ kind: 'read-back', pages: memory.majorFaults });
  if (memory.stalledNanos !== null && memory.stalledNanos > 1e6) found.push({ kind: 'memory-stalled', nanos: memory.stalledNanos });
  return found;
}
