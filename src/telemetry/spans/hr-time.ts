import type { HrTime } from '@opentelemetry/api';

const NANOS_PER_SECOND = 1_000_000_000;

/** Turns nanoseconds since a recording's origin into OpenTelemetry's `[seconds, nanoseconds]` since the epoch. */
export type HrClock = (relativeNanos: number) => HrTime;

/**
 * A clock anchored once at `originEpochNanos`, a decimal string.
 *
 * The origin is above 2^53, so it is split with BigInt; afterwards plain numbers are exact, because every relative
 * time is a whole number below 2^53 and the remainder is taken before the division.
 */
export function hrClock(originEpochNanos: string): HrClock {
  const origin = BigInt(originEpochNanos);
  const originSeconds = Number(origin / BigInt(NANOS_PER_SECOND));
  const originRest = Number(origin % BigInt(NANOS_PER_SECOND));
  return (relativeNanos) => {
    const total = originRest + relativeNanos;
    const nanoseconds = ((total % NANOS_PER_SECOND) + NANOS_PER_SECOND) % NANOS_PER_SECOND;
    return [originSeconds + (total - nanoseconds) / NANOS_PER_SECOND, nanoseconds];
  };
}

/** A duration in nanoseconds as `[seconds, nanoseconds]`. */
export function hrDuration(durationNanos: number): HrTime {
  const nanoseconds = durationNanos % NANOS_PER_SECOND;
  return [(durationNanos - nanoseconds) / NANOS_PER_SECOND, nanoseconds];
}
