import { performance } from 'node:perf_hooks';

/**
 * The one clock of a recording: monotonic milliseconds since the process's time origin, as a double with
 * sub-nanosecond steps. V8's profiler and the `gc` performance entries run on the same clock, so their times can be
 * compared without conversion.
 */
export const nowMillis: () => number = performance.now.bind(performance);

/** Epoch nanoseconds of the clock's zero, as a decimal string. */
export const originEpochNanos = (): string => (BigInt(Math.round(performance.timeOrigin * 1e3)) * 1000n).toString();

/** The smallest non-zero step that the clock shows, in nanoseconds: no stage shorter than this can be told from zero. */
export function clockResolutionNanos(samples = 2000): number {
  let smallest = Infinity;
  for (let i = 0; i < samples; i++) {
    const start = nowMillis();
    let end = nowMillis();
    while (end === start) end = nowMillis();
    smallest = Math.min(smallest, end - start);
  }
  return Math.round(smallest * 1e6);
}
