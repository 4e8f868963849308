import type { Recording } from '../model/recording.js';

/**
 * Which span rows belong to which call. Rows of call `c` are `order[offset[c]] … order[offset[c + 1] - 1]`, in
 * recording order, so that a parent still comes before its children. Concurrent calls interleave their rows, which is
 * why the columns alone do not say.
 */
export interface CallRows {
  readonly order: Uint32Array;
  readonly offset: Uint32Array;
}

/** Groups rows by call with a counting sort. Rows of calls that were never finished (a killed process) are left out. */
export function groupRowsByCall(recording: Recording): CallRows {
  const { spans, calls } = recording;
  const offset = new Uint32Array(calls.length + 1);
  for (let row = 0; row < spans.length; row += 1) {
    const call = spans.call[row] ?? calls.length;
    if (call < calls.length) offset[call + 1] = (offset[call + 1] ?? 0) + 1;
  }
  for (let call = 0; call < calls.length; call += 1) offset[call + 1] = (offset[call + 1] ?? 0) + (offset[call] ?? 0);
  const next = offset.slice(0, calls.length);
  const order = new Uint32Array(offset[calls.length] ?? 0);
  for (let row = 0; row < spans.length; row += 1) {
    const call = spans.call[row] ?? calls.length;
    const place = next[call];
    if (place === undefined) continue;
    order[place] = row;
    next[call] = place + 1;
  }
  return { order, offset };
}

/** The root row of a call, or -1 when only its latency is known. */
export function rootRow(recording: Recording, call: number): number {
  const root = recording.calls[call]?.rootSpan ?? -1;
  return root >= 0 && root < recording.spans.length ? root : -1;
}

/** Wall time of a call: its root span's duration, or the latency that was recorded without spans. */
export function latencyOf(recording: Recording, call: number): number {
  const root = rootRow(recording, call);
  if (root < 0) return recording.calls[call]?.latencyNanos ?? 0;
  if (recording.pages !== undefined) return recording.pages.rootNanos[call] ?? 0;
  return recording.spans.durationNanos[root] ?? 0;
}
