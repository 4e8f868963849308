import { crc32 } from 'node:zlib';

/**
 * The recording file: an 8-byte magic, a version, then chunks that are appended and never changed, but for an `end`
 * that holds as long as its program rests.
 *
 * ```
 * "INFSCOPE" | version u32 | chunk*          little-endian throughout
 * chunk = type u32 | length u32 | crc32 u32 | payload[length]
 * ```
 *
 * A chunk is written whole or cut off; a reader stops at the first one that is short and says so. Payloads are JSON,
 * except `spans`, which holds the columns one after another, widest first.
 *
 * A new kind of chunk needs no new version where the rest can be understood without it. Such kinds are numbered from 12 on and
 * stand after `end`, where readers that know 1 to 11 alone (they refuse other kinds, and stop at `end`) do not look; a run that
 * was cut off has no `end`, and they refuse it. Readers skip kinds that they do not know; so that a damaged kind is not taken for
 * one, the checksum from 12 on begins with the kind. The version goes up when a reader that skips would misunderstand the rest.
 */
export const MAGIC = Buffer.from('INFSCOPE', 'latin1');
export const HEADER_BYTES = 12;
export const CHUNK_HEADER_BYTES = 12;

export const CHUNK = {
  meta: 1,
  strings: 2,
  details: 3,
  spans: 4,
  calls: 5,
  gc: 6,
  end: 7,
  conditions: 8,
  peak: 9,
  trials: 10,
  parity: 11,
  run: 12,
  outside: 13,
} as const;
export type ChunkType = (typeof CHUNK)[keyof typeof CHUNK];

/** Kinds below are those of the first readers. */
const FIRST_SKIPPED = 12;

export const checksum = (type: number, payload: Uint8Array): number => (type < FIRST_SKIPPED ? crc32(payload) : crc32(payload, type));

/** Columns of a `spans` chunk in file order, after `firstRow f64 | count f64`. */
export const COLUMNS = [
  ['startNanos', Float64Array],
  ['durationNanos', Float64Array],
  ['parent', Int32Array],
  ['call', Uint32Array],
  ['name', Uint32Array],
  ['detail', Uint32Array],
  ['stage', Uint8Array],
  ['kind', Uint8Array],
] as const;

export const SPAN_BYTES = COLUMNS.reduce((sum, [, Type]) => sum + Type.BYTES_PER_ELEMENT, 0);

export function encodeHeader(version: number): Buffer {
  const header = Buffer.alloc(HEADER_BYTES);
  MAGIC.copy(header);
  header.writeUInt32LE(version, MAGIC.length);
  return header;
}

export function encodeChunk(type: ChunkType, payload: Uint8Array): Buffer {
  const header = Buffer.alloc(CHUNK_HEADER_BYTES);
  header.writeUInt32LE(type, 0);
  header.writeUInt32LE(payload.byteLength, 4);
  header.writeUInt32LE(checksum(type, payload), 8);
  return Buffer.concat([header, payload]);
}

export const encodeJson = (type: ChunkType, value: unknown): Buffer => encodeChunk(type, Buffer.from(JSON.stringify(value)));
