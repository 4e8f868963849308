import type { GcPause } from '../model/recording.js';

/** Tells how much garbage collection lies in any stretch of time. */
export interface GcClock {
  /** Nanoseconds of pauses inside `[from, to)`. */
  between(from: number, to: number): number;
}

/** A clock for each process: a pause stops the calls of its own. One that does not tell its process stops all of the recording's. */
export function gcClocks(pauses: readonly GcPause[]): (process: string | undefined) => GcClock {
  const clocks = new Map<string | undefined, GcClock>();
  return (process) => {
    const known = clocks.get(process);
    if (known !== undefined) return known;
    const clock = gcClock(pauses.filter((pause) => pause.process === undefined || pause.process === process));
    clocks.set(process, clock);
    return clock;
  };
}

/** Merges pauses that overlap (V8 reports nested ones) and answers by binary search over running totals. */
export function gcClock(pauses: readonly GcPause[]): GcClock {
  const { starts, ends } = merge(pauses);
  const before = new Float64Array(starts.length + 1);
  starts.forEach((start, index) => {
    before[index + 1] = (before[index] ?? 0) + (ends[index] ?? start) - start;
  });
  const until = (time: number): number => {
    let low = 0;
    let high = starts.length;
    while (low < high) {
      const middle = (low + high) >>> 1;
      if ((starts[middle] ?? 0) < time) low = middle + 1;
      else high = middle;
    }
    if (low === 0) return 0;
    const beyond = Math.max(0, (ends[low - 1] ?? 0) - time);
    return (before[low] ?? 0) - beyond;
  };
  return { between: (from, to) => (starts.length === 0 || to <= from ? 0 : until(to) - until(from)) };
}

function merge(pauses: readonly GcPause[]): { starts: number[]; ends: number[] } {
  const starts: number[] = [];
  const ends: number[] = [];
  for (const pause of [...pauses].sort((a, b) => a.startNanos - b.startNanos)) {
    const start = Math.round(pause.startNanos);
    const end = Math.round(pause.startNanos + pause.durationNanos);
    const last = ends.length - 1;
    const lastEnd = ends[last];
    if (lastEnd !== undefined && start <= lastEnd) ends[last] = Math.max(lastEnd, end);
    else {
      starts.push(start);
      ends.push(end);
    }
  }
  return { starts, ends };
}
