import { Session } from 'node:inspector';
import type { V8Profile } from './v8-profile.js';

/** A profile with what puts it on the clock of `performance.now()`. */
export interface SampledProfile {
  readonly profile: V8Profile;
  /** V8's microseconds minus this are microseconds of `performance.now()`. */
  readonly offsetMicros: number;
}

/**
 * Samples V8 in this process while `body` runs. The inspector of the own thread answers before `post` returns, so
 * nothing runs between its commands and ours.
 *
 * V8 stamps samples with the system's monotonic clock, `performance.now()` is the same clock from another zero: the
 * difference is read from `process.hrtime`, which has the zero of the former.
 */
export async function sampleV8(intervalMicros: number, body: () => Promise<void>): Promise<SampledProfile> {
  const inspector = new Session();
  inspector.connect();
  try {
    inspector.post('Profiler.enable');
    inspector.post('Profiler.setSamplingInterval', { interval: intervalMicros });
    inspector.post('Profiler.start');
    const offsetMicros = clockOffsetMicros();
    let profile: V8Profile | undefined;
    try {
      await body();
    } finally {
      inspector.post('Profiler.stop', (error, answer) => {
        if (error === null) profile = answer.profile;
      });
    }
    if (profile === undefined) throw new Error('V8 gave no profile');
    return { profile, offsetMicros };
  } finally {
    inspector.disconnect();
  }
}

const TRIES = 50;

/** The difference of the two clocks, from the reading that was interrupted least: each lies between two of the other. */
function clockOffsetMicros(): number {
  let best = { width: Infinity, offset: 0 };
  for (let i = 0; i < TRIES; i++) {
    const before = performance.now();
    const monotonic = Number(process.hrtime.bigint()) / 1000;
    const after = performance.now();
    if (after - before < best.width) best = { width: after - before, offset: monotonic - ((before + after) / 2) * 1000 };
  }
  return best.offset;
}
