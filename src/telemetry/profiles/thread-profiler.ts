import { setInterval } from 'node:timers';
import { messageOf } from '../../model/errors.js';
import { CallActivity, type ActiveCall } from '../../record/call-activity.js';
import { nowMillis } from '../../record/clock.js';
import { timedSamples } from '../../record/v8-profile.js';
import { ContinuousSampler, type SampledProfile } from '../../record/v8-sampler.js';
import { callsOfSamples } from './calls-of-samples.js';
import type { OwnedSamples } from './labelled-samples.js';

/** What was sampled in some seconds, and of each sample the call that had the thread. */
export type ProfileChunk = OwnedSamples<ActiveCall>;

export interface ThreadProfilerOptions {
  readonly intervalMicros: number;
  readonly chunkMillis: number;
  readonly onChunk: (chunk: ProfileChunk) => void;
  /** Told once, in one sentence, why there are no profiles any more. */
  readonly tell: (sentence: string) => void;
}

/**
 * Samples V8 in the thread that makes it, chunk by chunk so that memory is bounded, and says of each sample which call had the thread.
 * Nothing in here fails the program: what goes wrong ends the profiles with one sentence.
 */
export class ThreadProfiler {
  readonly activity = new CallActivity(() => this.#soon());
  #sampler: ContinuousSampler | undefined;
  #timer: NodeJS.Timeout | undefined;
  #awaited = false;
  #flushedAtMillis = -Infinity;

  constructor(private readonly options: ThreadProfilerOptions) {}

  start(): void {
    this.#unharmed(() => {
      this.#sampler = new ContinuousSampler(this.options.intervalMicros);
      this.#timer = setInterval(() => this.flush(), this.options.chunkMillis).unref();
    });
  }

  get running(): boolean {
    return this.#sampler !== undefined;
  }

  /** Hands over what there is, and goes on; not when that was done less than so many milliseconds ago. */
  flush(unlessWithinMillis = 0): void {
    if (nowMillis() - this.#flushedAtMillis < unlessWithinMillis) return;
    this.#flushedAtMillis = nowMillis();
    this.#unharmed(() => this.#hand(this.#sampler?.next()));
  }

  /** Hands over what there is, and ends. */
  stop(): void {
    clearInterval(this.#timer);
    const sampler = this.#sampler;
    this.#sampler = undefined;
    this.#unharmed(() => this.#hand(sampler?.stop()));
  }

  /** The end of a call is no moment to end a chunk in. */
  #soon(): void {
    if (this.#awaited) return;
    this.#awaited = true;
    setImmediate(() => {
      this.#awaited = false;
      this.flush();
    }).unref();
  }

  #hand(sampled: SampledProfile | undefined): void {
    const slices = this.activity.take();
    if (sampled === undefined) return;
    const { profile, offsetMicros } = sampled;
    const at = timedSamples(profile).map((sample) => (sample.at - offsetMicros) * 1000);
    const { intervalMicros } = this.options;
    this.options.onChunk({ profile, offsetMicros, intervalMicros, calls: callsOfSamples(at, slices) });
  }

  #unharmed(body: () => void): void {
    try {
      body();
    } catch (thrown) {
      clearInterval(this.#timer);
      this.#sampler = undefined;
      this.options.tell(`profiling stopped: ${messageOf(thrown)}. The program continues.`);
    }
  }
}
