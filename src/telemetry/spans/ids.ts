import { createHash } from 'node:crypto';
import type { Recording } from '../../model/recording.js';

/**
 * Trace and span ids of a recording.
 *
 * They are a function of the recording, not random: exporting twice, or again after an interruption, gives the same
 * ids, so a back end keeps one copy and a printed link stays valid.
 */
export interface RecordingIds {
  /** Trace id of a call that had no caller's trace, 32 hex digits. */
  traceId(call: number): string;
  /** Span id of a row, 16 hex digits, unique inside the recording. */
  spanId(row: number): string;
}

/** Calls whose measured times go into the key: no two runs have the same. */
const KEYED_CALLS = 16;

/** The recording's identity, 64 hex digits: the same for the same recording, read from memory or from disk. */
export function recordingKey(recording: Recording): string {
  const hash = createHash('sha256').update(JSON.stringify(recording.meta));
  for (const call of recording.calls.slice(0, KEYED_CALLS)) hash.update(`|${call.startNanos}:${call.latencyNanos}`);
  return hash.digest('hex');
}

export function recordingIds(recording: Recording): RecordingIds {
  const key = recordingKey(recording);
  const low = Number.parseInt(key.slice(0, 8), 16);
  const high = Number.parseInt(key.slice(8, 16), 16);
  return {
    traceId: (call) => createHash('sha256').update(`${key}/${call}`).digest('hex').slice(0, 32),
    // The low half is a bijection of the row, so it cannot repeat; the high half tells recordings in one trace apart.
    spanId: (row) => hex32(mix32(Math.imul(row, 0x9e3779b1) ^ high) || 1) + hex32(mix32(row ^ low)),
  };
}

/** MurmurHash3's 32-bit finaliser, a bijection (Austin Appleby, public domain). */
function mix32(value: number): number {
  let mixed = value;
  mixed = Math.imul(mixed ^ (mixed >>> 16), 0x85ebca6b);
  mixed = Math.imul(mixed ^ (mixed >>> 13), 0xc2b2ae35);
  return (mixed ^ (mixed >>> 16)) >>> 0;
}

const hex32 = (value: number): string => value.toString(16).padStart(8, '0');
