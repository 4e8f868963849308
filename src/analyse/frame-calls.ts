import type { FrameCalls } from '../model/analysis.js';
import { samplesNeeded } from './latency.js';

/** Slowest calls named per frame. */
const MAX_SLOWEST = 3;
/** Observations of a frame that are kept one by one. */
const MAX_KEPT = 4096;
/** Beyond, they are counted in bins so much wider than the last: less than what three digits show. */
const BIN = Math.log(1.001);

/** How long each frame took in each call that had it. Of a frame that many calls had, quantiles are right to 0.05 %. */
export class FrameCallsTable {
  readonly #frames: FrameObservations[] = [];

  /** `place`: the call's place in its variant's timeline. */
  add(frame: number, place: number, nanos: number): void {
    (this.#frames[frame] ??= new FrameObservations()).add(place, nanos);
  }

  /** One summary a frame, by the frame's number; `frames` is how many there are. */
  summaries(frames: number): readonly FrameCalls[] {
    return Array.from({ length: frames }, (_, frame) => (this.#frames[frame] ?? new FrameObservations()).summary());
  }
}

class FrameObservations {
  #seen = 0;
  #kept: number[] = [];
  /** Counts by the logarithm of nanoseconds; what took none at all is below all others. */
  #bins: Map<number, number> | null = null;
  readonly #slowest: { readonly place: number; readonly nanos: number }[] = [];

  add(place: number, nanos: number): void {
    this.#seen += 1;
    if (this.#bins !== null) count(this.#bins, nanos);
    else if (this.#kept.push(nanos) > MAX_KEPT) {
      this.#bins = new Map();
      for (const kept of this.#kept) count(this.#bins, kept);
      this.#kept = [];
    }
    let at = this.#slowest.length;
    while (at > 0 && (this.#slowest[at - 1]?.nanos ?? 0) < nanos) at -= 1;
    if (at < MAX_SLOWEST) this.#slowest.splice(at, 0, { place, nanos });
    if (this.#slowest.length > MAX_SLOWEST) this.#slowest.pop();
  }

  summary(): FrameCalls {
    const quantile = this.#bins === null ? quantileOf(Float64Array.from(this.#kept).sort()) : quantileOfBins(this.#bins, this.#seen);
    return {
      seen: this.#seen,
      p50Nanos: quantile(0.5),
      p99Nanos: this.#seen < samplesNeeded(0.99) ? null : quantile(0.99),
      slowest: this.#slowest.map(({ place }) => place),
    };
  }
}

type Quantile = (q: number) => number;

/** The smallest sample that at least the share `q` of samples does not exceed. */
const quantileOf =
  (sorted: Float64Array): Quantile =>
  (q) =>
    sorted[Math.max(0, Math.ceil(sorted.length * q) - 1)] ?? 0;

function count(bins: Map<number, number>, nanos: number): void {
  const bin = nanos <= 0 ? -1 : Math.round(Math.log(nanos) / BIN);
  bins.set(bin, (bins.get(bin) ?? 0) + 1);
}

function quantileOfBins(bins: ReadonlyMap<number, number>, seen: number): Quantile {
  const sorted = [...bins].sort(([a], [b]) => a - b);
  return (q) => {
    let left = Math.max(1, Math.ceil(seen * q));
    const [bin = -1] = sorted.find(([, counted]) => (left -= counted) <= 0) ?? [];
    return bin < 0 ? 0 : Math.round(Math.exp(bin * BIN));
  };
}
