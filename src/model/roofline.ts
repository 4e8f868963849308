/** What this machine reaches with TensorFlow itself: the roof that a kernel's rate is held against. */
export interface MachinePeak {
  readonly flopsPerSecond: number;
  readonly bytesPerSecond: number;
}

/** Work estimated from shapes, and the time it took. */
export interface Work {
  readonly flops: number;
  readonly bytes: number;
  readonly nanos: number;
}

/** How near work comes to the roof that bounds it: arithmetic or memory, whichever takes longer at the peak. */
export interface Roofline {
  readonly bound: 'arithmetic' | 'memory';
  /** Share of the attainable rate, 0..1; above 1 where data stayed in a cache. */
  readonly reached: number;
  readonly flopsPerSecond: number;
  readonly bytesPerSecond: number;
}

/** @returns null when there is no work, or it took no time */
export function rooflineOf({ flops, bytes, nanos }: Work, peak: MachinePeak): Roofline | null {
  if (nanos <= 0 || flops + bytes === 0) return null;
  const arithmeticSeconds = flops / peak.flopsPerSecond;
  const memorySeconds = bytes / peak.bytesPerSecond;
  const seconds = nanos / 1e9;
  return {
    bound: arithmeticSeconds >= memorySeconds ? 'arithmetic' : 'memory',
    reached: Math.max(arithmeticSeconds, memorySeconds) / seconds,
    flopsPerSecond: flops / seconds,
    bytesPerSecond: bytes / seconds,
  };
}

/** The highest rate that work of this intensity (operations a byte) can reach. */
export const attainable = (intensity: number, peak: MachinePeak): number => Math.min(peak.flopsPerSecond, intensity * peak.bytesPerSecond);
