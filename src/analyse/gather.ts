import type { CallPoint, ColdCall, EventLoopFigure } from '../model/analysis.js';
import type { CallRecord, Recording } from '../model/recording.js';
import { append } from '../model/append.js';
import { piecesOf } from '../model/pieces.js';
import { stageCode } from '../model/stage.js';
import { controlOf, variantKey } from '../model/variant.js';
import { attribute } from './attribution.js';
import { type Blocks, roundBlocks } from './blocks.js';
import { groupRowsByCall, latencyOf, rootRow } from './call-rows.js';
import { stretchEndedBy } from './cpu.js';
import { busiestLoop, busyLoop, heldByCalls, type BusyLoop } from './event-loop.js';
import type { Held } from '../model/held.js';
import { foldCall } from './fold-call.js';
import { useOfCalls, type Use } from './latencies.js';
import { addLedger, ledgerOfCall, stageFigures } from './ledger.js';
import { Names } from './names.js';
import { DetailPool, newVariantData, type VariantData } from './variant-data.js';
import type { Source } from './source.js';

/** All that the figures are made from, after one pass over the recordings. */
export interface Gathered {
  readonly variants: readonly VariantData[];
  /** Run to judge the run itself, and not compared. */
  readonly controls: readonly VariantData[];
  /** Of a program: how busy its calls kept the event loop. */
  readonly eventLoop: EventLoopFigure | null;
  readonly names: Names;
  readonly details: DetailPool;
}

/** A graph of Keras' input pipeline: the model's is not built again by it. */
const PIPELINE_GRAPH = 'trace-input-pipeline';
const GRAPH_STAGE = stageCode('graph-building');

/**
 * Streams every call of every recording into its variant. `blocks`: what the calls are grouped by, rounds unless said otherwise.
 * Where call trees are all that is wanted, a timeline of a million calls is 200 MB less.
 */
export function gather(
  recordings: readonly Recording[],
  blocks: Blocks = roundBlocks(recordings),
  keep: 'single calls' | 'call trees' = 'single calls',
): Gathered {
  const names = new Names();
  const details = new DetailPool(recordings);
  const byKey = new Map<string, VariantData>();
  for (const { meta } of recordings) {
    for (const variant of meta.variants) {
      const key = variantKey(variant);
      if (!byKey.has(key)) byKey.set(key, newVariantData(variant, blocks));
    }
  }
  const loops: BusyLoop[] = [];
  const origin = BigInt(recordings[0]?.meta.originEpochNanos ?? '0');
  recordings.forEach((recording, index) => {
    const useOf = useOfCalls(recording);
    const held: (Held | null)[] = [];
    for (const { recording: piece, firstCall } of piecesOf(recording)) {
      const source = sourceOf(piece, { whole: recording, index, firstCall, origin, names });
      append(held, source.held ?? []);
      piece.calls.forEach((call, number) => {
        const variant = recording.meta.variants[call.variant];
        const data = variant === undefined ? undefined : byKey.get(variantKey(variant));
        if (data === undefined) return;
        gatherCall(source, number, call, data, { blocks, details, keep, use: useOf(call) });
      });
    }
    const loop = busyLoop(recording, held);
    if (loop !== null) loops.push(loop);
  });
  // A program's recording names every way to call a model before the first call: of those only the used ones are told.
  const all = [...byKey.values()].filter(({ seen }) => seen > 0);
  return {
    variants: all.filter(({ variant }) => controlOf(variant) === null),
    controls: all.filter(({ variant }) => controlOf(variant) !== null),
    eventLoop: busiestLoop(loops),
    names,
    details,
  };
}

function sourceOf(recording: Recording, of: Pick<Source, 'whole' | 'index' | 'firstCall' | 'names'> & { readonly origin: bigint }): Source {
  const { origin, ...rest } = of;
  const rows = groupRowsByCall(recording);
  const attribution = attribute(recording, rows);
  const totals = attribution.wallSelf.slice();
  const { parent } = recording.spans;
  for (let row = recording.spans.length - 1; row >= 0; row -= 1) {
    const up = parent[row] ?? -1;
    if (up >= 0) totals[up] = (totals[up] ?? 0) + (totals[row] ?? 0);
  }
  return {
    ...rest,
    recording,
    rows,
    held: heldByCalls(recording, rows),
    attribution,
    shiftNanos: Number(BigInt(recording.meta.originEpochNanos) - origin),
    totals,
    nameIds: Uint32Array.from(recording.strings, (name) => of.names.id(name)),
    frames: new Int32Array(recording.spans.length),
  };
}

interface Gathering {
  readonly blocks: Blocks;
  readonly details: DetailPool;
  readonly keep: 'single calls' | 'call trees';
  readonly use: Use;
}

function gatherCall(source: Source, number: number, call: CallRecord, data: VariantData, { blocks, details, keep, use }: Gathering): void {
  const place = data.seen;
  data.seen += 1;
  if (keep === 'single calls') data.timeline.push(callPoint(source, number, call));
  if (call.error !== undefined) {
    data.errors += 1;
    return;
  }
  const spans = rootRow(source.recording, number) >= 0;
  if (call.temperature !== 'warm') {
    // A first session run is traced on purpose: only so is its graph building seen. It builds for milliseconds, beside
    // which the trace's own cost is small; a warm traced call is another matter.
    data.cold.push(coldCall(source, number, call, call.temperature));
    return;
  }
  if (use === 'none' || (use === 'stand-in' && call.traced !== true)) return;
  if (call.traced === true) {
    if (use === 'measured') data.tracedLatencies.push(latencyOf(source.recording, number));
    else data.tracedInWarmUp += 1;
    if (spans)
      foldCall(
        { source, number, call, place, details },
        { table: data.traced, kernels: data.tracedKernels, work: data.tracedWork, loops: data.loops, block: -1 },
      );
    return;
  }
  const block = blocks.blockOf(source.index, call);
  data.latencies.push(latencyOf(source.recording, number));
  data.latencyBlocks.push(block);
  const held = source.held?.[number];
  if (held) data.heldNanos.push(held.longestNanos);
  data.latencySignatures.push(call.signature);
  const cpu = call.cpu === undefined ? null : stretchEndedBy(source.whole.calls, source.firstCall + number);
  if (cpu !== null) data.cpu.push(cpu);
  data.tensorsLeft += call.tensors ?? 0;
  if (!spans) return;
  addLedger(data.ledger, ledgerOfCall(source.recording, source.rows, source.attribution, number));
  data.ledgerCalls += 1;
  foldCall(
    { source, number, call, place, details },
    { table: data.timed, kernels: data.timedKernels, work: data.timedWork, loops: data.loops, block },
  );
}

function callPoint({ recording, index, firstCall, rows, attribution, shiftNanos }: Source, number: number, call: CallRecord): CallPoint {
  let gcNanos = 0;
  const last = rows.offset[number + 1] ?? 0;
  for (let place = rows.offset[number] ?? 0; place < last; place += 1) {
    gcNanos += attribution.gc[rows.order[place] ?? 0] ?? 0;
  }
  return {
    startNanos: call.startNanos + shiftNanos,
    latencyNanos: latencyOf(recording, number),
    temperature: call.temperature,
    traced: call.traced === true,
    gcNanos,
    source: { recording: index, call: firstCall + number },
    ...(call.error === undefined ? {} : { error: call.error }),
    ...(call.tensors === undefined ? {} : { tensors: call.tensors, tensorBytes: call.tensorBytes ?? 0 }),
    ...(call.memory === undefined ? {} : { memory: call.memory }),
  };
}

function coldCall(source: Source, number: number, call: CallRecord, temperature: ColdCall['temperature']): ColdCall {
  const { recording, rows, attribution } = source;
  const causes = new Set<string>();
  const last = rows.offset[number + 1] ?? 0;
  for (let place = rows.offset[number] ?? 0; place < last; place += 1) {
    const row = rows.order[place] ?? 0;
    const cause = recording.details[recording.spans.detail[row] ?? 0]?.cause;
    if (
      cause !== undefined &&
      recording.spans.stage[row] === GRAPH_STAGE &&
      recording.strings[recording.spans.name[row] ?? 0] !== PIPELINE_GRAPH
    )
      causes.add(cause);
  }
  const ledger = ledgerOfCall(recording, rows, attribution, number);
  return {
    temperature,
    signature: call.signature,
    latencyNanos: latencyOf(recording, number),
    stages: stageFigures(ledger, 1),
    causes: [...causes],
  };
}
