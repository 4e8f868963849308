/**
 * The bytes of a foreign file, piece by piece: from memory or from a file, unpacked (gzip, zstd) on the way with a limit.
 * Nothing here holds the whole, so that the size of a file is no limit.
 */
import { closeSync, openSync, readSync } from 'node:fs';
import zlib from 'node:zlib';
import { Gunzip } from 'fflate';
import { Decompress as ZstdStream } from 'fzstd';
import { EXIT, UserError } from '../model/errors.js';
import { checkUnpacked } from '../model/unpack-limit.js';

/** Bytes that can be gone through again from the start. */
export interface ByteSource {
  /** The file's name, for messages. */
  readonly name: string;
  readonly chunks: () => Iterable<Uint8Array>;
}

const READ_BYTES = 1024 * 1024;
/** A piece of packed bytes becomes up to a thousand times as many. */
const PACKED_BYTES = 16 * 1024;

export const sourceOfBytes = (name: string, bytes: Uint8Array): ByteSource => ({ name, chunks: () => [bytes] });

/** The pieces are views of one buffer: each is gone when the next is asked for. */
export const sourceOfFile = (name: string, file: string): ByteSource => ({ name, chunks: () => readFile(file) });

function* readFile(file: string): Iterable<Uint8Array> {
  const descriptor = openSync(file, 'r');
  try {
    const buffer = new Uint8Array(READ_BYTES);
    for (let count = readSync(descriptor, buffer); count > 0; count = readSync(descriptor, buffer)) yield buffer.subarray(0, count);
  } finally {
    closeSync(descriptor);
  }
}

/** The first bytes, up to `most`. */
export function headOf(source: ByteSource, most: number): Buffer {
  const parts: Uint8Array[] = [];
  let length = 0;
  for (const chunk of source.chunks()) {
    parts.push(chunk.slice(0, most - length));
    length += Math.min(chunk.length, most - length);
    if (length >= most) break;
  }
  return Buffer.concat(parts);
}

/** All bytes at once, for formats that have no pieces. @throws UserError when that is more than `most` */
export function wholeOf(source: ByteSource, most: number): Uint8Array {
  const parts: Uint8Array[] = [];
  let length = 0;
  for (const chunk of source.chunks()) {
    length += chunk.length;
    if (length > most)
      throw new UserError(
        `${source.name} is no JSON and longer than ${Math.round(most / 2 ** 20)} MB, which is more than Inferscope reads of such a file: record for a shorter time.`,
        EXIT.badInput,
      );
    parts.push(chunk.slice());
  }
  return parts.length === 1 && parts[0] !== undefined ? parts[0] : Buffer.concat(parts);
}

type Packing = 'gzip' | 'zstd';

/** How bytes are packed, by how they begin; null for those that are not. */
export function packingOf(head: Uint8Array): Packing | null {
  if (head[0] === 0x1f && head[1] === 0x8b) return 'gzip';
  const isFrame = head[0] === 0x28 && head[1] === 0xb5 && head[2] === 0x2f && head[3] === 0xfd;
  // Tools such as pzstd begin with a frame that holds no data.
  const isSkippable = ((head[0] ?? 0) & 0xf0) === 0x50 && head[1] === 0x2a && head[2] === 0x4d && head[3] === 0x18;
  return isFrame || isSkippable ? 'zstd' : null;
}

/** The source with its packing undone. Reading it throws a UserError where it is damaged or unpacks to more than is allowed. */
export const unpacked = (source: ByteSource, packing: Packing): ByteSource => ({
  name: source.name,
  chunks: () => unpack(source, packing),
});

/**
 * Whether these are messages that are packed one by one, each behind its length in four big-endian bytes, as the file exporter
 * of OpenTelemetry's collector writes them.
 */
export const isPackedMessages = (head: Uint8Array): boolean => packingOf(head.subarray(4)) === 'zstd' && head[0] === 0;

/** The messages unpacked: JSON on lines, protocol buffers again each behind its length. */
export const unpackedMessages = (source: ByteSource, most: number): ByteSource => ({
  name: source.name,
  chunks: () => unpackMessages(source.name, wholeOf(source, most)),
});

function* unpackMessages(name: string, bytes: Uint8Array): Iterable<Uint8Array> {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  for (let at = 0; at < bytes.length;) {
    const end = at + 4 + (at + 4 <= bytes.length ? view.getUint32(at) : 0);
    if (end > bytes.length || end === at + 4) throw cutOff(name);
    const message = Buffer.concat([...unpack(sourceOfBytes(name, bytes.subarray(at + 4, end)), 'zstd')]);
    const isJson = message[0] === 0x7b;
    const length = Buffer.alloc(4);
    length.writeUInt32BE(message.length);
    yield Buffer.concat(isJson ? [message, Buffer.from('\n')] : [length, message]);
    at = end;
  }
}

function* unpack(source: ByteSource, packing: Packing): Iterable<Uint8Array> {
  const ready: Uint8Array[] = [];
  const stream = packing === 'gzip' ? gzipStream(ready) : zstdStream(source.name, ready);
  let [packedBytes, unpackedBytes] = [0, 0];
  for (const chunk of source.chunks()) {
    for (let from = 0; from < chunk.length; from += PACKED_BYTES) {
      const piece = chunk.slice(from, from + PACKED_BYTES);
      packedBytes += piece.length;
      orDamaged(source.name, () => stream.push(piece));
      for (const part of ready.splice(0)) {
        unpackedBytes += part.length;
        checkUnpacked(source.name, unpackedBytes, packedBytes, process.env);
        yield part;
      }
    }
  }
  orDamaged(source.name, () => stream.finish());
  yield* ready.splice(0);
}

interface Unpacking {
  readonly push: (piece: Uint8Array) => void;
  /** @throws when the end is missing */
  readonly finish: () => void;
}

const GZIP_TRAILER_BYTES = 8;

/** fflate does not compare the checksum at the end of a file, so it is done here; files of several members have several. */
function gzipStream(ready: Uint8Array[]): Unpacking {
  let checksum = 0;
  let members = 1;
  let ended = false;
  let tail = Buffer.alloc(0);
  const stream = new Gunzip((part, final) => {
    if (part.length > 0) {
      if (members === 1) checksum = zlib.crc32(part, checksum);
      ready.push(part.slice());
    }
    ended = final;
  });
  stream.onmember = (offset) => {
    if (offset > 0) members++;
  };
  return {
    push: (piece) => {
      tail = Buffer.from(Buffer.concat([tail, piece]).subarray(-GZIP_TRAILER_BYTES));
      stream.push(piece);
    },
    finish: () => {
      stream.push(new Uint8Array(0), true);
      if (!ended) throw new Error('the end is missing');
      if (members === 1 && tail.readUInt32LE(0) !== checksum) throw new Error('the checksum differs');
    },
  };
}

/** What `zstd` itself takes without being told to take more: so much memory a file can ask for at once. */
const MAX_ZSTD_WINDOW_BYTES = 128 * 1024 * 1024;

/** How much memory a frame asks for: its window, or its whole content where it has none (RFC 8878, 3.1.1.1). */
function zstdWindowBytes(head: Buffer): number {
  const descriptor = head[4] ?? 0;
  if ((descriptor & 0x20) === 0) return 2 ** (10 + ((head[5] ?? 0) >> 3)) * (1 + ((head[5] ?? 0) & 7) / 8);
  const at = 5 + ([0, 1, 2, 4][descriptor & 3] ?? 0);
  const bytes = [1, 2, 4, 8][descriptor >> 6] ?? 1;
  return head.length < at + 8 ? 0 : bytes === 8 ? Number(head.readBigUInt64LE(at)) : head.readUIntLE(at, bytes);
}

function zstdStream(file: string, ready: Uint8Array[]): Unpacking {
  let ended = false;
  let isFirst = true;
  const stream = new ZstdStream((part, final) => {
    if (part.length > 0) ready.push(part.slice());
    ended ||= final === true;
  });
  return {
    push: (piece) => {
      if (isFirst && zstdWindowBytes(Buffer.from(piece)) > MAX_ZSTD_WINDOW_BYTES)
        throw new UserError(
          `${file} is packed with zstd in a way that takes more than 128 MB to undo: unpack it with zstd -d --long=31.`,
          EXIT.badInput,
        );
      isFirst = false;
      stream.push(piece);
    },
    finish: () => {
      stream.push(new Uint8Array(0), true);
      if (!ended) throw new Error('the end is missing');
    },
  };
}

function orDamaged(file: string, step: () => void): void {
  try {
    step();
  } catch (cause) {
    if (cause instanceof UserError) throw cause;
    throw cutOff(file, cause);
  }
}

const cutOff = (file: string, cause?: unknown): UserError =>
  new UserError(`${file} is compressed, but damaged or cut off: copy it again, or record again.`, EXIT.badInput, { cause });
