import { append } from '../../../model/append.js';
import { WireReader } from '../../../model/protobuf-wire.js';

/**
 * Decoder of what TensorFlow's profiler writes (tsl/profiler/protobuf/xplane.proto), as far as kernels need it:
 * XSpace → XPlane → XLine → XEvent. Field numbers are written where they are used.
 */
export interface XEvent {
  /** `dense/MatMul:MatMul` of a kernel. */
  readonly name: string;
  /** `MatMul` of a kernel; empty of most others. */
  readonly displayName: string;
  /** From the start of the profile. */
  readonly startNanos: number;
  readonly durationNanos: number;
  /** Thread it ran on. */
  readonly line: string;
}

interface Metadata {
  name: string;
  displayName: string;
}

interface RawLine {
  name: string;
  timestampNanos: number;
  readonly events: { metadata: number; offsetPicos: number; durationPicos: number }[];
}

const HOST = '/host:CPU';

/**
 * Events of the host, in no order.
 *
 * @param space serialized XSpace
 * @throws WireError when the bytes are not an XSpace; never reads outside of them and always ends
 */
export function decodeXPlane(space: Uint8Array): XEvent[] {
  const reader = new WireReader(Buffer.from(space.buffer, space.byteOffset, space.byteLength));
  const events: XEvent[] = [];
  while (reader.next(reader.length)) {
    // XSpace { planes = 1 }
    if (reader.field === 1) append(events, readPlane(reader));
  }
  return events;
}

/** XPlane { name = 2, lines = 3, event_metadata = 4 (a map) }. Metadata comes after the lines that use it. */
function readPlane(reader: WireReader): XEvent[] {
  const end = reader.enter();
  let name = '';
  const lines: RawLine[] = [];
  const known = new Map<number, Metadata>();
  while (reader.next(end)) {
    if (reader.field === 2) name = reader.string();
    else if (reader.field === 3) lines.push(readLine(reader));
    else if (reader.field === 4) readMetadataEntry(reader, known);
  }
  return name === HOST ? lines.flatMap((line) => eventsOf(line, known)) : [];
}

function eventsOf(line: RawLine, known: ReadonlyMap<number, Metadata>): XEvent[] {
  return line.events.map(({ metadata, offsetPicos, durationPicos }) => ({
    name: known.get(metadata)?.name ?? '',
    displayName: known.get(metadata)?.displayName ?? '',
    startNanos: line.timestampNanos + Math.round(offsetPicos / 1000),
    durationNanos: Math.round(durationPicos / 1000),
    line: line.name,
  }));
}

/** XLine { name = 2, timestamp_ns = 3, events = 4 }. */
function readLine(reader: WireReader): RawLine {
  const end = reader.enter();
  const line: RawLine = { name: '', timestampNanos: 0, events: [] };
  while (reader.next(end)) {
    if (reader.field === 2) line.name = reader.string();
    else if (reader.field === 3) line.timestampNanos = reader.number();
    else if (reader.field === 4) line.events.push(readEvent(reader));
  }
  return line;
}

/** XEvent { metadata_id = 1, offset_ps = 2, duration_ps = 3 }. */
function readEvent(reader: WireReader): RawLine['events'][number] {
  const end = reader.enter();
  const event = { metadata: 0, offsetPicos: 0, durationPicos: 0 };
  while (reader.next(end)) {
    if (reader.field === 1) event.metadata = reader.number();
    else if (reader.field === 2) event.offsetPicos = reader.number();
    else if (reader.field === 3) event.durationPicos = reader.number();
  }
  return event;
}

/** A map's entry { key = 1, value = 2: XEventMetadata { name = 2, display_name = 4 } }. */
function readMetadataEntry(reader: WireReader, known: Map<number, Metadata>): void {
  const end = reader.enter();
  let key = 0;
  const metadata: Metadata = { name: '', displayName: '' };
  while (reader.next(end)) {
    if (reader.field === 1) key = reader.number();
    else if (reader.field === 2) readMetadata(reader, metadata);
  }
  known.set(key, metadata);
}

function readMetadata(reader: WireReader, metadata: Metadata): void {
  const end = reader.enter();
  while (reader.next(end)) {
    if (reader.field === 2) metadata.name = reader.string();
    else if (reader.field === 4) metadata.displayName = reader.string();
  }
}
