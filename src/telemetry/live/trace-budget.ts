/** Traces whose spans are counted at a time; of older ones the count starts again. */
const MAX_TRACES = 4096;

/** How many spans each trace may still have. One request may make many calls. */
export class TraceBudget {
  readonly #used = new Map<string, number>();

  constructor(private readonly limit: number) {}

  left(traceId: string): number {
    return Math.max(0, this.limit - (this.#used.get(traceId) ?? 0));
  }

  take(traceId: string, spans: number): void {
    const before = this.#used.get(traceId) ?? 0;
    this.#used.delete(traceId);
    this.#used.set(traceId, before + spans);
    if (this.#used.size <= MAX_TRACES) return;
    for (const oldest of this.#used.keys()) {
      this.#used.delete(oldest);
      break;
    }
  }
}
