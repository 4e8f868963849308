import { latencyRatio } from '../../analyse/ratio.js';
import { DEFAULT_CONFIDENCE } from '../../model/confidence.js';
import { EXIT, UserError } from '../../model/errors.js';
import { paddingPlans } from '../../model/signatures.js';
import type { Trial, TriedBuilding } from '../../model/trial.js';
import { describeSignature } from '../../inputs/arrays.js';
import type { BatchGraph, OutputData } from '../../engines/engine.js';
import { floatDifference, type Tolerance } from '../../model/tolerance.js';
import { changeWords } from '../../report/words/trials.js';
import { paddedCall } from './padded-call.js';
import { medianOrNaN } from '../rounds.js';
import { openTraffic, type OpenedTraffic, type TrafficOptions } from './traffic.js';
import { compareInTurn, LONG_CALL_NANOS, notTried, threw, type TrialSide } from './trial-rounds.js';

/** Each round builds all graphs of both sides anew. */
const MIN_BUILDING_ROUNDS = 3;
const MAX_BUILDING_ROUNDS = 8;
const BUILDING_MILLIS = 2000;
/** Building all sizes once must not take longer than this. */
const LONG_BUILDING_NANOS = 5e9;
const WARM_CALLS = 3;

/**
 * Tries what ends the building of a graph for each batch size: padding to the sizes that the padding plan names (rows of
 * zeros, cut off again), and one graph with an open batch. Each makes the calls of the traffic beside graphs as they are;
 * all pay for their graphs, and in each call for padding, making tensors, reading and cutting.
 */
export async function tryTraffic(options: TrafficOptions): Promise<Trial[]> {
  const { variant } = options;
  let opened: OpenedTraffic | undefined;
  try {
    opened = await openTraffic(options);
    return await tryBoth(opened, options);
  } catch (thrown) {
    return [{ id: 'pad-to-buckets', variant, change: changeWords({ kind: 'buckets' }), ...threw(thrown) }];
  } finally {
    opened?.dispose();
  }
}

/** Graphs as they are, built once for all sizes. */
interface Baseline extends OpenedTraffic {
  readonly graph: BatchGraph;
  readonly first: readonly OneSize[];
  /** Warm calls of all sizes, one each. */
  readonly passNanos: number;
}

async function tryBoth(opened: OpenedTraffic, options: TrafficOptions): Promise<Trial[]> {
  const graph = opened.newGraph('exact');
  try {
    // Not counted: it also brings the process to speed for these shapes.
    const first = opened.sizes.map(({ batch }) => buildOne(graph, batch, opened));
    if (sum(first.map(({ buildingNanos }) => buildingNanos)) > LONG_BUILDING_NANOS)
      throw new UserError(`building a graph for each of ${first.length} batch sizes takes more than ${LONG_BUILDING_NANOS / 1e9} s`);
    const passNanos = sum(first.map(({ warmNanos }) => warmNanos));
    if (passNanos > 2 * LONG_CALL_NANOS)
      throw new UserError(`a call of each batch size takes more than ${(2 * LONG_CALL_NANOS) / 1e9} s together`);
    const baseline = { ...opened, graph, first, passNanos };
    const padding = await tryBuckets(baseline, options);
    return opened.openBatch === 'never' ? [padding] : [padding, await tryOpenBatch(baseline, options)];
  } finally {
    graph.dispose();
  }
}

async function tryBuckets(baseline: Baseline, options: TrafficOptions): Promise<Trial> {
  const { sizes, graph } = baseline;
  const buckets = bucketsOf(baseline, options.variant);
  const described = { id: 'pad-to-buckets', variant: options.variant, change: changeWords({ kind: 'padded', sizes: buckets }) } as const;
  const difference = changedBy(graph, buckets, baseline);
  if (difference !== null)
    return {
      ...described,
      ...notTried({ kind: 'rows-depend' }),
      traffic: { sizes, buckets, rows: 'dependent', largestDifference: difference },
    };
  const candidate: Candidate = { buckets, batch: 'exact', batches: buckets, graph, sizeOf: (batch) => bucketFor(batch, buckets) };
  return { ...described, ...(await tryBeside(baseline, candidate, options)) };
}

async function tryOpenBatch(baseline: Baseline, options: TrafficOptions): Promise<Trial> {
  const described = { id: 'open-batch', variant: options.variant, change: changeWords({ kind: 'open-batch' }) } as const;
  const graph = baseline.newGraph('open');
  try {
    const candidate: Candidate = {
      buckets: [],
      batch: 'open',
      batches: baseline.sizes.map(({ batch }) => batch),
      graph,
      sizeOf: (batch) => batch,
    };
    return { ...described, ...(await tryBeside(baseline, candidate, options)) };
  } catch (thrown) {
    return { ...described, ...threw(thrown) };
  } finally {
    graph.dispose();
  }
}

interface Candidate {
  readonly buckets: readonly number[];
  /** How its graphs are traced, and the sizes that are first called. */
  readonly batch: 'exact' | 'open';
  readonly batches: readonly number[];
  readonly graph: BatchGraph;
  /** Rows that a batch of so many has when it is run. */
  readonly sizeOf: (batch: number) => number;
}

type TrafficOutcome = Omit<Trial, 'id' | 'variant' | 'change'>;

async function tryBeside(baseline: Baseline, candidate: Candidate, options: TrafficOptions): Promise<TrafficOutcome> {
  const { sizes, passNanos } = baseline;
  const building = buildingOf(baseline, candidate, options);
  const outcome = await compareInTurn(
    trafficSide(baseline.graph, baseline, (batch) => batch),
    trafficSide(candidate.graph, baseline, candidate.sizeOf),
    { latencyNanos: passNanos, times: 1, signal: options.signal },
  );
  if (outcome.ratio === null) return outcome;
  return { ...outcome, traffic: { sizes, buckets: candidate.buckets, rows: 'independent', building } };
}

interface OneSize {
  readonly buildingNanos: number;
  readonly warmNanos: number;
  readonly firstNanos: number;
}

/** The first call of a size, and some warm ones. */
function buildOne(graph: BatchGraph, batch: number, opened: OpenedTraffic): OneSize {
  const firstNanos = paddedCall(graph, opened, batch, batch).nanos;
  const warmNanos = Math.round(medianOrNaN(Array.from({ length: WARM_CALLS }, () => paddedCall(graph, opened, batch, batch).nanos)));
  return { firstNanos, warmNanos, buildingNanos: Math.max(0, firstNanos - warmNanos) };
}

/** Those of the padding plan; where a graph for each size is cheapest as measured, the one that holds every size. */
function bucketsOf({ sizes, rows, first }: Baseline, variant: string): readonly number[] {
  const [plan] = paddingPlans(
    sizes.map(({ batch, calls }, at) => ({
      variant,
      signature: describeSignature(rows(batch)),
      hits: calls - 1,
      misses: 1,
      firstCallNanos: first[at]?.firstNanos ?? 0,
      warmNanos: first[at]?.warmNanos ?? 0,
    })),
  );
  return plan?.buckets ?? sizes.slice(-1).map(({ batch }) => batch);
}

const bucketFor = (batch: number, buckets: readonly number[]): number => buckets.find((bucket) => bucket >= batch) ?? batch;

/** Largest difference that rows of zeros, or other real rows, make to the results of the real rows; null within rounding. */
function changedBy(graph: BatchGraph, buckets: readonly number[], opened: OpenedTraffic): number | null {
  const differences = opened.sizes.flatMap(({ batch }) => {
    const bucket = bucketFor(batch, buckets);
    if (bucket === batch) return [];
    const want = paddedCall(graph, opened, batch, batch).values;
    const zeros = paddedCall(graph, opened, batch, bucket).values;
    const others = paddedCall(graph, opened, bucket, bucket, batch).values;
    return [zeros, others].flatMap((got) =>
      want.flatMap((values, output) => {
        const { largest, accepted } = differenceOf(values, got[output] ?? [], opened.tolerance);
        return accepted ? [] : [largest];
      }),
    );
  });
  return differences.length === 0 ? null : Math.max(...differences);
}

function differenceOf(want: OutputData, got: OutputData, tolerance: Tolerance): { largest: number; accepted: boolean } {
  if (want instanceof Float32Array && got instanceof Float32Array) return floatDifference(want, got, tolerance);
  const differs = Array.from(want as ArrayLike<unknown>).some((value, at) => value !== got[at]);
  return { largest: differs ? Infinity : 0, accepted: !differs };
}

function buildingOf(baseline: Baseline, candidate: Candidate, options: TrafficOptions): TriedBuilding {
  const before = {
    batch: 'exact' as const,
    batches: baseline.sizes.map(({ batch }) => batch),
    nanos: [] as number[],
    blocks: [] as number[],
  };
  const after = { batch: candidate.batch, batches: candidate.batches, nanos: [] as number[], blocks: [] as number[] };
  const began = performance.now();
  for (
    let round = 0;
    round < MAX_BUILDING_ROUNDS && (round < MIN_BUILDING_ROUNDS || performance.now() - began < BUILDING_MILLIS) && !options.signal.aborted;
    round += 1
  ) {
    for (const { batch, batches, nanos, blocks } of round % 2 === 0 ? [before, after] : [after, before]) {
      nanos.push(buildAll(baseline.newGraph(batch), batches, baseline));
      blocks.push(round);
    }
  }
  if (before.nanos.length < MIN_BUILDING_ROUNDS) throw new UserError('interrupted', EXIT.interrupted);
  const { value, interval } = latencyRatio(before, after, DEFAULT_CONFIDENCE);
  return { exactNanos: Math.round(medianOrNaN(before.nanos)), ratio: value, interval };
}

function buildAll(graph: BatchGraph, batches: readonly number[], opened: OpenedTraffic): number {
  try {
    return sum(batches.map((batch) => buildOne(graph, batch, opened).buildingNanos));
  } finally {
    graph.dispose();
  }
}

/** One "call" is a call of each size, weighed by how often the traffic has it: a mean call of the traffic. */
const trafficSide = (graph: BatchGraph, opened: OpenedTraffic, sizeOf: (batch: number) => number): TrialSide => {
  const all = sum(opened.sizes.map(({ calls }) => calls));
  const pass = (): number =>
    sum(opened.sizes.map(({ batch, calls }) => (calls / all) * paddedCall(graph, opened, batch, sizeOf(batch)).nanos));
  return (passes) => Promise.resolve(Array.from({ length: passes }, pass));
};

const sum = (values: readonly number[]): number => values.reduce((total, value) => total + value, 0);
