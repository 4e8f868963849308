import type { RunProfile } from './decode-profile.js';

/** Times that are looked for among the readings: the first of the run were all read there. */
const LOOKED_FOR = 6;

/**
 * The moment at which a profile begins, on the clock of the readings. The profiler reads the clock for its own beginning and
 * for the start of each event; which reading was which is found, not assumed: the beginning is the reading from which on the
 * first events' times lead to other readings, exactly.
 *
 * @param readings of the profiler's clock, nanoseconds, in order
 * @param unitNanos of the profile's times: 1, or 1000 where it counts microseconds
 * @returns null where no reading fits
 */
export function profileOrigin(profile: RunProfile, readings: readonly number[], unitNanos: number): number | null {
  const { modelRun, executions, nodes } = profile;
  if (modelRun === null) return null;
  const starts = [modelRun, ...executions, ...nodes].map(({ start }) => start).sort((a, b) => a - b);
  const times = [...new Set(starts)].slice(0, LOOKED_FOR).map((start) => start * unitNanos);
  let best: { readonly origin: number; readonly fitting: number } | null = null;
  for (const [index, origin] of readings.entries()) {
    const later = readings.slice(index + 1).map((reading) => reading - origin);
    // Counted in whole units, times are cut off, and the readings are of another clock.
    const fits = (time: number): boolean => later.some((since) => Math.abs(since - time) < (unitNanos === 1 ? 1 : 2 * unitNanos));
    if (!fits(modelRun.start * unitNanos)) continue;
    const fitting = times.filter(fits).length;
    if (best === null || fitting > best.fitting) best = { origin, fitting };
  }
  return best?.origin ?? null;
}
