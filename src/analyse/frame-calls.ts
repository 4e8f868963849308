import type { FrameCalls } from '../model/analysis.js';
import { Column } from './column.js';
import { samplesNeeded } from './latency.js';

/** Slowest calls named per frame. */
const SLOWEST = 3;

/**
 * How long each frame took in each call that had it: three numbers an observation, so a recording of a million spans
 * takes 24 MB at the most.
 */
export class FrameCallsTable {
  readonly #frame = new Column();
  readonly #place = new Column();
  readonly #nanos = new Column();

  /** `place`: the call's place in its variant's timeline. */
  add(frame: number, place: number, nanos: number): void {
    this.#frame.push(frame);
    this.#place.push(place);
    this.#nanos.push(nanos);
  }

  /** One summary a frame, by the frame's number; `frames` is how many there are. */
  summaries(frames: number): readonly FrameCalls[] {
    const { order, offset } = this.#byFrame(frames);
    return Array.from({ length: frames }, (_, frame) => this.#summary(order.subarray(offset[frame], offset[frame + 1])));
  }

  #byFrame(frames: number): { order: Uint32Array; offset: Uint32Array } {
    const offset = new Uint32Array(frames + 1);
    for (let i = 0; i < this.#frame.length; i += 1) offset[this.#frame.at(i) + 1] = (offset[this.#frame.at(i) + 1] ?? 0) + 1;
    for (let frame = 0; frame < frames; frame += 1) offset[frame + 1] = (offset[frame + 1] ?? 0) + (offset[frame] ?? 0);
    const next = offset.slice(0, frames);
    const order = new Uint32Array(this.#frame.length);
    for (let i = 0; i < this.#frame.length; i += 1) {
      const frame = this.#frame.at(i);
      const place = next[frame] ?? 0;
      order[place] = i;
      next[frame] = place + 1;
    }
    return { order, offset };
  }

  #summary(own: Uint32Array): FrameCalls {
    const sorted = new Float64Array(own.length);
    own.forEach((observation, i) => (sorted[i] = this.#nanos.at(observation)));
    sorted.sort();
    const slowest: number[] = [];
    for (const i of own) {
      let at = slowest.length;
      while (at > 0 && this.#nanos.at(slowest[at - 1] ?? 0) < this.#nanos.at(i)) at -= 1;
      if (at < SLOWEST) slowest.splice(at, 0, i);
      if (slowest.length > SLOWEST) slowest.pop();
    }
    return {
      seen: own.length,
      p50Nanos: quantileOf(sorted, 0.5),
      p99Nanos: own.length < samplesNeeded(0.99) ? null : quantileOf(sorted, 0.99),
      slowest: slowest.map((i) => this.#place.at(i)),
    };
  }
}

/** The smallest sample that at least the share `q` of samples does not exceed. */
const quantileOf = (sorted: Float64Array, q: number): number => sorted[Math.max(0, Math.ceil(sorted.length * q) - 1)] ?? 0;
