import zlib from 'node:zlib';
import protobuf from 'protobufjs';
import { once } from '../../model/once.js';
import { checkUnpacked } from '../../model/unpack-limit.js';
import { messages, readerOf, WIRE, WireError } from '../../model/protobuf-wire.js';
import { field, repeated } from '../proto-field.js';

/** The part of `perfetto/trace/trace_packet.proto` that is read; whole numbers of 64 bits are text. */
export interface Packet {
  readonly timestamp?: string;
  readonly clockId?: number;
  readonly sequence?: number;
  readonly flags?: number;
  readonly cleared?: boolean;
  readonly event?: TrackEvent;
  readonly track?: TrackDescriptor;
  readonly snapshot?: { readonly clocks: readonly Clock[] };
  readonly interned?: { readonly categories: readonly Interned[]; readonly names: readonly Interned[] };
  readonly defaults?: { readonly clockId?: number; readonly event?: { readonly track?: string } };
}

export interface TrackEvent {
  readonly type?: number;
  readonly track?: string;
  readonly nameId?: string;
  readonly name?: string;
  readonly categoryIds: readonly string[];
  readonly categories: readonly string[];
  readonly legacy?: LegacyEvent;
}

/** An event of Chrome's JSON in this form. */
export interface LegacyEvent {
  readonly nameId?: string;
  readonly phase?: number;
  readonly durationMicros?: string;
  readonly unscopedId?: string;
  readonly localId?: string;
  readonly globalId?: string;
  readonly scope?: string;
}

export interface TrackDescriptor {
  readonly uuid?: string;
  readonly parent?: string;
  readonly name?: string;
  readonly staticName?: string;
  readonly process?: { readonly pid?: number; readonly name?: string };
  readonly thread?: { readonly pid?: number; readonly tid?: number; readonly name?: string };
}

export interface Clock {
  readonly id?: number;
  readonly timestamp?: string;
  readonly isIncremental?: boolean;
  readonly unitNanos?: string;
}

export interface Interned {
  readonly id?: string;
  readonly name?: string;
}

const DESCRIPTOR = {
  options: { syntax: 'proto2' },
  nested: {
    Packet: {
      fields: {
        timestamp: field(8, 'uint64'),
        clockId: field(58, 'uint32'),
        sequence: field(10, 'uint32'),
        flags: field(13, 'uint32'),
        cleared: field(41, 'bool'),
        event: field(11, 'TrackEvent'),
        track: field(60, 'TrackDescriptor'),
        snapshot: field(6, 'Snapshot'),
        interned: field(12, 'InternedData'),
        defaults: field(59, 'Defaults'),
      },
    },
    TrackEvent: {
      fields: {
        type: field(9, 'int32'),
        track: field(11, 'uint64'),
        nameId: field(10, 'uint64'),
        name: field(23, 'string'),
        categoryIds: repeated(3, 'uint64'),
        categories: repeated(22, 'string'),
        legacy: field(6, 'LegacyEvent'),
      },
    },
    LegacyEvent: {
      fields: {
        nameId: field(1, 'uint64'),
        phase: field(2, 'int32'),
        durationMicros: field(3, 'int64'),
        unscopedId: field(6, 'uint64'),
        localId: field(10, 'uint64'),
        globalId: field(11, 'uint64'),
        scope: field(7, 'string'),
      },
    },
    TrackDescriptor: {
      fields: {
        uuid: field(1, 'uint64'),
        parent: field(5, 'uint64'),
        name: field(2, 'string'),
        staticName: field(10, 'string'),
        process: field(3, 'Process'),
        thread: field(4, 'Thread'),
      },
    },
    Process: { fields: { pid: field(1, 'int32'), name: field(6, 'string') } },
    Thread: { fields: { pid: field(1, 'int32'), tid: field(2, 'int32'), name: field(5, 'string') } },
    Snapshot: { fields: { clocks: repeated(1, 'Clock') } },
    Clock: {
      fields: { id: field(1, 'uint32'), timestamp: field(2, 'uint64'), isIncremental: field(3, 'bool'), unitNanos: field(4, 'uint64') },
    },
    InternedData: { fields: { categories: repeated(1, 'Interned'), names: repeated(2, 'Interned') } },
    Interned: { fields: { id: field(1, 'uint64'), name: field(2, 'string') } },
    Defaults: { fields: { clockId: field(58, 'uint32'), event: field(11, 'EventDefaults') } },
    EventDefaults: { fields: { track: field(11, 'uint64') } },
  },
};

const messageType = once(() => protobuf.Root.fromJSON(DESCRIPTOR).lookupType('Packet'));

/** @throws Error for bytes that are no packet */
export function decodePacket(bytes: Uint8Array): Packet {
  const type = messageType();
  return type.toObject(type.decode(bytes), { longs: String, arrays: true });
}

const PACKET = 1;
const PACKED_PACKETS = 50;

/** Fields that nearly every packet has one of, and how they are written. */
const EXPECTED = new Map<number, number>([
  [3, WIRE.varint],
  [6, WIRE.bytes],
  [8, WIRE.varint],
  [10, WIRE.varint],
  [11, WIRE.bytes],
  [12, WIRE.bytes],
  [13, WIRE.varint],
  [58, WIRE.varint],
  [59, WIRE.bytes],
  [60, WIRE.bytes],
]);
/** When, by whom, what: no other message has two of these by chance. */
const TELLING: readonly number[] = [8, 10, 11, 60];

/** Data of sources that are not read, by what a note calls them. */
const OTHER_DATA: ReadonlyMap<number, string> = new Map([
  [1, 'ftrace'],
  [5, 'old Chrome events'],
  [37, 'memory'],
  [52, 'GPU counters'],
  [53, 'GPU stages'],
  [54, 'stack samples'],
  [66, 'stack samples'],
  [95, 'Windows events'],
  [133, 'packets packed with zstd'],
  [135, 'stack samples'],
]);

/** The packets of a trace of Perfetto, and how many hold data that is not read. */
export interface Packets {
  readonly packets: readonly Uint8Array[];
  readonly others: ReadonlyMap<string, number>;
}

/** Null for bytes that are no trace of Perfetto. @throws UserError for one that unpacks to more than is allowed */
export function packetsIn(file: string, bytes: Uint8Array): Packets | null {
  try {
    if (!holdsPacketsAlone(bytes)) return null;
    const packets = unpackedPackets(file, bytes);
    const others = new Map<string, number>();
    let telling = 0;
    for (const packet of packets) {
      const fields = fieldsOf(packet);
      if (fields === null) return null;
      if (TELLING.filter((each) => fields.has(each)).length > 1) telling++;
      for (const each of fields) {
        const what = OTHER_DATA.get(each);
        if (what !== undefined) others.set(what, (others.get(what) ?? 0) + 1);
      }
    }
    return telling === 0 ? null : { packets, others };
  } catch (thrown) {
    if (!(thrown instanceof WireError)) throw thrown;
    return null;
  }
}

function holdsPacketsAlone(bytes: Uint8Array): boolean {
  const reader = readerOf(bytes);
  while (reader.next(bytes.length)) if (reader.field !== PACKET || reader.wire !== WIRE.bytes) return false;
  return bytes.length > 0;
}

/** Writers keep what they pack together below half a megabyte. */
const MAX_PACKED_TOGETHER = 64 * 2 ** 20;

/** Packets may hold packets, packed with deflate. */
function unpackedPackets(file: string, bytes: Uint8Array): readonly Uint8Array[] {
  let [packedBytes, unpackedBytes] = [0, 0];
  return messages(bytes, PACKET).flatMap((packet) => {
    const packed = messages(packet, PACKED_PACKETS);
    if (packed.length === 0) return [packet];
    return packed.flatMap((each) => {
      const unpacked = inflated(each);
      packedBytes += each.length;
      unpackedBytes += unpacked.length;
      checkUnpacked(file, unpackedBytes, packedBytes, process.env);
      return messages(unpacked, PACKET);
    });
  });
}

function inflated(packed: Uint8Array): Uint8Array {
  try {
    return zlib.inflateSync(packed, { maxOutputLength: MAX_PACKED_TOGETHER });
  } catch {
    throw new WireError('packets are packed by something else than deflate');
  }
}

/** Numbers of its fields; null for a message that is no packet. */
function fieldsOf(packet: Uint8Array): ReadonlySet<number> | null {
  const fields = new Set<number>();
  const reader = readerOf(packet);
  while (reader.next(packet.length)) {
    if ((EXPECTED.get(reader.field) ?? reader.wire) !== reader.wire) return null;
    fields.add(reader.field);
  }
  return fields;
}
