import type { SessionSampler } from '../../model/session.js';

export interface SamplerOptions {
  /** Share of the whole time that tracing may cost; 0.03 when left out, so that 0.05 is kept with certainty. */
  readonly share?: number;
  /** Calls traced at the beginning, every other one, to learn the cost; 2 when left out. */
  readonly calibration?: number;
  /** After these, one call in this many at most, however little tracing costs; 8 when left out. */
  readonly leastPeriod?: number;
}

/** Latest calls that the estimates are taken from. */
const WINDOW = 15;

const PLAIN_FIRST = 2;

/** A call of a tiny model takes microseconds: the estimate of a plain call is renewed once in so many. */
const RENEW_EVERY = 16;

/**
 * Traces a call when enough untraced time has been saved up to pay for it: what tracing costs (the traced call's
 * excess over the untraced median, decoding included) stays under `share` of the time of all calls but the first few,
 * whatever the latency does. Where it costs next to nothing, every eighth call is enough. The first two calls are never traced: one is
 * cold, and a program that makes few calls is to have an untouched warm one.
 */
export function createSampler(options: SamplerOptions = {}): SessionSampler {
  const share = options.share ?? 0.03;
  const leastPeriod = options.leastPeriod ?? 8;
  let calibrationLeft = options.calibration ?? 2;
  let untracedInARow = 0;
  let untracedCalls = 0;
  let credit = 0;
  let plainNanos = 0;
  let costNanos = 0;
  const traced: number[] = [];
  const untraced: number[] = [];
  const renew = (): void => {
    plainNanos = median(untraced);
    costNanos = Math.max(0, median(traced) - plainNanos);
  };
  return {
    decide() {
      if (untracedInARow === 0 || untracedCalls < PLAIN_FIRST) return false;
      return calibrationLeft > 0 || (untracedInARow >= leastPeriod - 1 && credit >= costNanos);
    },
    record(call) {
      const window = call.traced ? traced : untraced;
      window.push(call.nanos);
      if (window.length > WINDOW) window.shift();
      if (call.traced) {
        renew();
        untracedInARow = 0;
        // The first ones cost most, V8 has not compiled our reader yet: they tell nothing of the rest.
        if (calibrationLeft > 0) calibrationLeft--;
        else credit -= Math.max(0, call.nanos - plainNanos);
      } else {
        untracedInARow++;
        credit += share * call.nanos;
        if (untracedCalls++ % RENEW_EVERY === 0) renew();
      }
    },
    get period() {
      renew();
      return plainNanos === 0 || traced.length === 0 ? 1 : Math.max(leastPeriod, Math.ceil(costNanos / (share * plainNanos)) + 1);
    },
  };
}

function median(values: readonly number[]): number {
  const sorted = values.toSorted((a, b) => a - b);
  return sorted[sorted.length >> 1] ?? 0;
}
