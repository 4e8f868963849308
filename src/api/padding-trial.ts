import { latencyRatio } from '../analyse/ratio.js';
import type { CompiledGraph } from '../compile/compile-to-graph.js';
import { floatDifference, GRAPH_TOLERANCE, XLA_TOLERANCE } from '../compile/verify.js';
import { DEFAULT_CONFIDENCE } from '../model/confidence.js';
import { EXIT, UserError } from '../model/errors.js';
import { paddingPlans } from '../model/signatures.js';
import type { PaddingBuilding, Trial, TriedPadding } from '../model/trial.js';
import { describeSignature } from '../runtime/inputs/arrays.js';
import { paddedCall, type Values } from './padded-call.js';
import { median } from './rounds.js';
import { openTraffic, type OpenedTraffic, type TrafficOptions } from './traffic.js';
import { compareSides, LONG_CALL_NANOS, notTried, type Side } from './trial-rounds.js';

/** Each round builds the graphs of all sizes and of all buckets anew. */
const FEWEST_BUILDING_ROUNDS = 3;
const MOST_BUILDING_ROUNDS = 8;
const BUILDING_MILLIS = 2000;
/** Building all sizes once must not take longer than this. */
const LONG_BUILDING_NANOS = 5e9;
const WARM_CALLS = 3;

/**
 * Tries padding to buckets: the traffic on traced graphs as it is, a graph for each batch size, against the same traffic
 * padded with rows of zeros to the sizes that the padding plan names, and cut back. Both pay for their graphs, and in
 * each call for padding, making tensors, reading and cutting.
 */
export async function tryPadding(options: TrafficOptions): Promise<Trial> {
  const described = { id: 'pad-to-buckets', variant: options.variant, change: 'batches padded to buckets' } as const;
  let opened: OpenedTraffic | undefined;
  try {
    opened = await openTraffic(options);
    return { ...described, ...(await tryBuckets(opened, options)) };
  } catch (thrown) {
    return { ...described, ...notTried(thrown) };
  } finally {
    opened?.dispose();
  }
}

type PaddingOutcome = Omit<Trial, 'id' | 'variant' | 'change'>;

async function tryBuckets(opened: OpenedTraffic, options: TrafficOptions): Promise<PaddingOutcome & { readonly change?: string }> {
  const { sizes } = opened;
  const graph = opened.newGraph();
  try {
    // Not counted: it also brings the process to speed for these shapes.
    const first = sizes.map(({ batch }) => buildOne(graph, batch, opened, options));
    if (sum(first.map(({ buildingNanos }) => buildingNanos)) > LONG_BUILDING_NANOS) return notTried(`building a graph for each of ${sizes.length} batch sizes takes more than ${LONG_BUILDING_NANOS / 1e9} s`);
    const passNanos = sum(first.map(({ warmNanos }) => warmNanos));
    if (passNanos > 2 * LONG_CALL_NANOS) return notTried(`a call of each batch size takes more than ${(2 * LONG_CALL_NANOS) / 1e9} s together`);
    const buckets = bucketsOf(opened, first, options.variant);
    const of = { sizes, buckets };
    const change = `batches padded to ${buckets.join(', ')}`;
    const difference = changedBy(graph, buckets, opened, options);
    if (difference !== null) return { ...notTried('further rows change the results of the real ones'), change, padding: { ...of, rows: 'dependent', largestDifference: difference } };
    const building = buildingOf(opened, buckets, options);
    const outcome = await compareSides(
      trafficSide(graph, opened, options, (batch) => batch),
      trafficSide(graph, opened, options, (batch) => bucketFor(batch, buckets)),
      { latencyNanos: passNanos, times: 1, signal: options.signal },
    );
    const padding: TriedPadding = { ...of, rows: 'independent', building };
    return { ...outcome, change, ...(outcome.ratio === null ? {} : { padding }) };
  } finally {
    graph.dispose();
  }
}

interface OneSize {
  readonly buildingNanos: number;
  readonly warmNanos: number;
  readonly firstNanos: number;
}

/** The first call of a size, and some warm ones. */
function buildOne(graph: CompiledGraph, batch: number, opened: OpenedTraffic, { tf }: TrafficOptions): OneSize {
  const firstNanos = paddedCall(tf, graph, opened, batch, batch).nanos;
  const warmNanos = Math.round(median(Array.from({ length: WARM_CALLS }, () => paddedCall(tf, graph, opened, batch, batch).nanos)));
  return { firstNanos, warmNanos, buildingNanos: Math.max(0, firstNanos - warmNanos) };
}

/** Those of the padding plan; where a graph for each size is cheapest as measured, the one that holds every size. */
function bucketsOf({ sizes, rows }: OpenedTraffic, measured: readonly OneSize[], variant: string): readonly number[] {
  const [plan] = paddingPlans(sizes.map(({ batch, calls }, at) => ({
    variant, signature: describeSignature(rows(batch)), hits: calls - 1, misses: 1, firstCallNanos: measured[at]?.firstNanos ?? 0, warmNanos: measured[at]?.warmNanos ?? 0,
  })));
  return plan?.buckets ?? sizes.slice(-1).map(({ batch }) => batch);
}

const bucketFor = (batch: number, buckets: readonly number[]): number => buckets.find((bucket) => bucket >= batch) ?? batch;

/** Largest difference that rows of zeros, or other real rows, make to the results of the real rows; null within rounding. */
function changedBy(graph: CompiledGraph, buckets: readonly number[], opened: OpenedTraffic, { tf, variant }: TrafficOptions): number | null {
  const tolerance = variant === 'graph-xla/predict' ? XLA_TOLERANCE : GRAPH_TOLERANCE;
  const differences = opened.sizes.flatMap(({ batch }) => {
    const bucket = bucketFor(batch, buckets);
    if (bucket === batch) return [];
    const want = paddedCall(tf, graph, opened, batch, batch).values;
    const zeros = paddedCall(tf, graph, opened, batch, bucket).values;
    const others = paddedCall(tf, graph, opened, bucket, bucket, batch).values;
    return [zeros, others].flatMap((got) => want.flatMap((values, output) => {
      const { largest, accepted } = differenceOf(values, got[output] ?? [], tolerance);
      return accepted ? [] : [largest];
    }));
  });
  return differences.length === 0 ? null : Math.max(...differences);
}

function differenceOf(want: Values, got: Values, tolerance: typeof GRAPH_TOLERANCE): { largest: number; accepted: boolean } {
  if (want instanceof Float32Array && got instanceof Float32Array) return floatDifference(want, got, tolerance);
  const differs = Array.from(want as ArrayLike<unknown>).some((value, at) => value !== got[at]);
  return { largest: differs ? Infinity : 0, accepted: !differs };
}

function buildingOf(opened: OpenedTraffic, buckets: readonly number[], options: TrafficOptions): PaddingBuilding {
  const exact = { batches: opened.sizes.map(({ batch }) => batch), nanos: [] as number[], blocks: [] as number[] };
  const padded = { batches: buckets, nanos: [] as number[], blocks: [] as number[] };
  const began = performance.now();
  for (let round = 0; round < MOST_BUILDING_ROUNDS && (round < FEWEST_BUILDING_ROUNDS || performance.now() - began < BUILDING_MILLIS) && !options.signal.aborted; round += 1) {
    for (const { batches, nanos, blocks } of round % 2 === 0 ? [exact, padded] : [padded, exact]) {
      nanos.push(buildAll(batches, opened, options));
      blocks.push(round);
    }
  }
  if (exact.nanos.length < FEWEST_BUILDING_ROUNDS) throw new UserError('interrupted', EXIT.interrupted);
  const { value, interval } = latencyRatio(exact, padded, DEFAULT_CONFIDENCE);
  return { exactNanos: Math.round(median(exact.nanos)), ratio: value, interval };
}

function buildAll(batches: readonly number[], opened: OpenedTraffic, options: TrafficOptions): number {
  const graph = opened.newGraph();
  try {
    return sum(batches.map((batch) => buildOne(graph, batch, opened, options).buildingNanos));
  } finally {
    graph.dispose();
  }
}

/** One "call" is a call of each size, weighed by how often the traffic has it: a mean call of the traffic. */
const trafficSide = (graph: CompiledGraph, opened: OpenedTraffic, { tf }: TrafficOptions, sizeOf: (batch: number) => number): Side => {
  const all = sum(opened.sizes.map(({ calls }) => calls));
  const pass = (): number => sum(opened.sizes.map(({ batch, calls }) => (calls / all) * paddedCall(tf, graph, opened, batch, sizeOf(batch)).nanos));
  return (passes) => Promise.resolve(Array.from({ length: passes }, pass));
};

const sum = (values: readonly number[]): number => values.reduce((total, value) => total + value, 0);
