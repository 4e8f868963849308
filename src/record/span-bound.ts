/** From so many bytes of spans on, those of ordinary calls are thinned: eight million are there by then. */
export const WHOLE_BYTES = 256 * 2 ** 20;

/**
 * Which calls keep their spans in a recording that grows for days: all of them at first, then every second, every fourth and so on, a
 * step each time that spans have grown by a quarter more. So the stages and call trees of a week are of some hundred thousand calls,
 * spread over all of it, while every call is counted with its latency.
 */
export class SpanBound {
  #calls = 0;

  constructor(private readonly wholeBytes = WHOLE_BYTES) {}

  /** `bytes`: what the spans of the recording take by now. */
  keeps(bytes: number): boolean {
    if (bytes < this.wholeBytes) return true;
    this.#calls += 1;
    const every = 2 ** (1 + Math.floor((bytes - this.wholeBytes) / (this.wholeBytes / 4)));
    return this.#calls % every === 0;
  }
}
