import type { ByteRange, KnownNode, NodeTable, StepOutput } from './node-table.js';
import { WireReader } from '../../../model/protobuf-wire.js';

/**
 * Decoder of the few fields needed of TensorFlow's RunMetadata (tensorflow/core/protobuf/config.proto and
 * framework/step_stats.proto): RunMetadata → StepStats → DeviceStepStats → NodeExecStats. A general decoder takes 15
 * to 50 times as long. Field numbers are written where they are used.
 */
export interface StepNode {
  readonly known: KnownNode;
  /** Compute of the kernel, relative to the epoch time given. */
  readonly startNanos: number;
  readonly durationNanos: number;
  readonly outputs: readonly StepOutput[];
  readonly allocatedBytes: number;
}

export interface StepStats {
  readonly nodes: readonly StepNode[];
  /** Serialized GraphDefs, when asked for; decode-graph.ts reads them. */
  readonly partitionGraphs: readonly Buffer[];
}

/** An epoch time in two halves: node times are above 2^53, and a BigInt for each would cost more than the rest. */
interface Epoch {
  readonly high: number;
  readonly low: number;
}

/** What stays the same during one decoding. */
interface Decoding {
  readonly buffer: Buffer;
  readonly reader: WireReader;
  readonly epoch: Epoch;
  readonly table: NodeTable;
  readonly nodes: StepNode[];
}

/**
 * @param metadata serialized RunMetadata
 * @param epochNanos node times are given relative to this moment
 * @param table of the model, kept from run to run
 * @throws WireError when the bytes are not a RunMetadata; never reads outside of them and always ends
 */
export function decodeStepStats(metadata: Uint8Array, epochNanos: bigint, table: NodeTable): StepStats {
  const buffer = Buffer.from(metadata.buffer, metadata.byteOffset, metadata.byteLength);
  const reader = new WireReader(buffer);
  const decoding: Decoding = {
    buffer,
    reader,
    epoch: { high: Number(epochNanos >> 32n), low: Number(epochNanos & 0xffff_ffffn) },
    table,
    nodes: [],
  };
  const partitionGraphs: Buffer[] = [];
  while (reader.next(buffer.length)) {
    if (reader.field === 1) readStepStats(decoding);
    else if (reader.field === 3) partitionGraphs.push(reader.content());
  }
  return { nodes: decoding.nodes, partitionGraphs };
}

/** StepStats { dev_stats = 1 }. */
function readStepStats(decoding: Decoding): void {
  const { reader } = decoding;
  const end = reader.enter();
  while (reader.next(end)) {
    if (reader.field === 1) readDevice(decoding);
  }
}

/** DeviceStepStats { node_stats = 2 }. */
function readDevice(decoding: Decoding): void {
  const { reader } = decoding;
  const end = reader.enter();
  while (reader.next(end)) {
    if (reader.field === 2) decoding.nodes.push(readNode(decoding));
  }
}

interface Times {
  startMicros: number;
  opStartMicros: number;
  opEndMicros: number;
  startNanos: number;
  opStartNanos: number;
  opEndNanos: number;
}

function readNode({ buffer, reader, epoch, table }: Decoding): StepNode {
  const end = reader.enter();
  const name = { start: 0, end: 0 };
  const label = { start: 0, end: 0 };
  let allocatedBytes = 0;
  const outputs: StepOutput[] = [];
  const times: Times = {
    startMicros: 0,
    opStartMicros: 0,
    opEndMicros: 0,
    startNanos: Number.NaN,
    opStartNanos: Number.NaN,
    opEndNanos: Number.NaN,
  };
  while (reader.next(end)) {
    switch (reader.field) {
      case 1:
        readRange(reader, name);
        break;
      // AllocatorMemoryUsed.total_bytes
      case 6:
        allocatedBytes += numberIn(reader, 2);
        break;
      case 7:
        outputs.push(readOutput(reader));
        break;
      case 8:
        readRange(reader, label);
        break;
      default:
        readTime(reader, epoch, times);
    }
  }
  const known = table.find(buffer, name, label);
  if (!sameOutputs(known.outputs, outputs)) known.outputs = outputs;
  const { startNanos, durationNanos } = spanOf(times);
  return { known, startNanos, durationNanos, outputs: known.outputs, allocatedBytes };
}

function readRange(reader: WireReader, range: ByteRange): void {
  range.end = reader.enter();
  range.start = reader.position;
  reader.position = range.end;
}

function sameOutputs(a: readonly StepOutput[], b: readonly StepOutput[]): boolean {
  return a.length === b.length && a.every((output, index) => sameOutput(output, b[index]));
}

function sameOutput(a: StepOutput, b: StepOutput | undefined): boolean {
  if (b === undefined || a.slot !== b.slot || a.dtype !== b.dtype || a.bytes !== b.bytes) return false;
  const { shape } = b;
  if (a.shape === null || shape === null) return a.shape === shape;
  return a.shape.length === shape.length && a.shape.every((size, index) => size === shape[index]);
}

function readTime(reader: WireReader, epoch: Epoch, times: Times): void {
  switch (reader.field) {
    case 2:
      times.startMicros = since(reader, epoch, 1000);
      break;
    case 3:
      times.opStartMicros = reader.number();
      break;
    case 4:
      times.opEndMicros = reader.number();
      break;
    case 13:
      times.startNanos = since(reader, epoch, 1);
      break;
    case 14:
      times.opStartNanos = reader.number();
      break;
    case 15:
      times.opEndNanos = reader.number();
      break;
  }
}

/** Nanoseconds where TensorFlow writes them (1.10 and later), otherwise microseconds. */
function spanOf(times: Times): { startNanos: number; durationNanos: number } {
  const fine = !Number.isNaN(times.startNanos);
  const begin = fine ? zeroed(times.opStartNanos) : times.opStartMicros * 1000;
  const end = fine ? zeroed(times.opEndNanos) : times.opEndMicros * 1000;
  return { startNanos: (fine ? times.startNanos : times.startMicros) + begin, durationNanos: Math.max(0, end - begin) };
}

/** proto3 leaves zeros out. */
const zeroed = (value: number): number => (Number.isNaN(value) ? 0 : value);

/** An absolute time relative to `epoch`, without losing the digits above 2^53. */
function since(reader: WireReader, epoch: Epoch, nanosPerUnit: number): number {
  const value = reader.number();
  if (nanosPerUnit !== 1) return Number(BigInt(value) * BigInt(nanosPerUnit) - ((BigInt(epoch.high) << 32n) | BigInt(epoch.low)));
  return (reader.high - epoch.high) * 0x1_0000_0000 + (reader.low - epoch.low);
}

/** NodeOutput { slot = 1, tensor_description = 3 }. */
function readOutput(reader: WireReader): StepOutput {
  const end = reader.enter();
  const output: Mutable<StepOutput> = { slot: 0, dtype: 0, shape: [], bytes: 0 };
  while (reader.next(end)) {
    if (reader.field === 1) output.slot = reader.number();
    else if (reader.field === 3) readDescription(reader, output);
  }
  return output;
}

type Mutable<Type> = { -readonly [Key in keyof Type]: Type[Key] };

/** TensorDescription { dtype = 1, shape = 2, allocation_description = 4 { requested_bytes = 1 } }. */
function readDescription(reader: WireReader, output: Mutable<StepOutput>): void {
  const end = reader.enter();
  while (reader.next(end)) {
    switch (reader.field) {
      case 1:
        output.dtype = reader.number();
        break;
      case 2:
        output.shape = readShape(reader);
        break;
      case 4:
        output.bytes = numberIn(reader, 1);
        break;
    }
  }
}

/** TensorShapeProto { dim = 2 { size = 1 }, unknown_rank = 3 }. */
function readShape(reader: WireReader): number[] | null {
  const end = reader.enter();
  const shape: number[] = [];
  let known = true;
  while (reader.next(end)) {
    if (reader.field === 2) shape.push(numberIn(reader, 1));
    else if (reader.field === 3) known = reader.number() === 0;
  }
  return known ? shape : null;
}

/** One number of a message, 0 when absent. */
function numberIn(reader: WireReader, field: number): number {
  const end = reader.enter();
  let value = 0;
  while (reader.next(end)) {
    if (reader.field === field) value = reader.number();
  }
  return value;
}
