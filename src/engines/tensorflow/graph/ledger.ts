/** What an input signature has cost and gained so far. Times are whole nanoseconds. */
export interface SignatureFigures {
  readonly signature: string;
  readonly cause: string;
  /** The call that built the graph, from its start to its result. */
  readonly firstCallNanos: number;
  /** One operation-by-operation call, measured while tracing. */
  readonly eagerNanos: number;
  /** Mean of the calls that found the graph ready; null before there is one. */
  readonly graphNanos: number | null;
  readonly hits: number;
  /** Calls that had to build the graph: more than one after an eviction. */
  readonly misses: number;
  /** Calls after which the first one is paid back, null when the graph is not faster. */
  readonly payBackCalls: number | null;
}

interface Row {
  cause: string;
  firstCallNanos: number;
  eagerNanos: number;
  graphMillis: number;
  hits: number;
  misses: number;
}

/** Counts hits and misses per signature; keeps its rows when a graph is evicted. */
export class SignatureLedger {
  readonly #rows = new Map<string, Row>();

  miss(signature: string, cause: string, firstCallNanos: number, eagerNanos: number): void {
    const row = this.#rows.get(signature);
    if (row === undefined) {
      this.#rows.set(signature, { cause, firstCallNanos, eagerNanos, graphMillis: 0, hits: 0, misses: 1 });
      return;
    }
    row.misses += 1;
    row.firstCallNanos = firstCallNanos;
  }

  /** The row to add hits to on the hot path. */
  row(signature: string): { hits: number; graphMillis: number } | undefined {
    return this.#rows.get(signature);
  }

  figures(): SignatureFigures[] {
    return [...this.#rows].map(([signature, row]) => {
      const graphNanos = row.hits === 0 ? null : Math.round((row.graphMillis / row.hits) * 1e6);
      const gain = graphNanos === null ? 0 : row.eagerNanos - graphNanos;
      const { cause, firstCallNanos, eagerNanos, hits, misses } = row;
      const payBackCalls = gain > 0 ? Math.ceil(firstCallNanos / gain) : null;
      return { signature, cause, firstCallNanos, eagerNanos, graphNanos, hits, misses, payBackCalls };
    });
  }
}
