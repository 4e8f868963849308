import type { CompileOptions, GraphPhase, GraphPhases } from './options.js';
import { GRAPH_PHASES } from './options.js';

/** Times the steps of one graph building and tells of them. */
export class PhaseClock {
  readonly #millis = new Map<GraphPhase, number>();
  readonly #onPhase: CompileOptions['onPhase'];

  constructor(onPhase?: CompileOptions['onPhase']) {
    this.#onPhase = onPhase;
  }

  /** Runs `body` as this step; a step that runs again adds up. */
  run<T>(phase: GraphPhase, body: () => T): T {
    const started = performance.now();
    this.#onPhase?.(phase, 'start');
    try {
      return body();
    } finally {
      this.#onPhase?.(phase, 'end');
      this.#millis.set(phase, (this.#millis.get(phase) ?? 0) + performance.now() - started);
    }
  }

  /** The same for a step that waits. */
  async runAsync<T>(phase: GraphPhase, body: () => Promise<T>): Promise<T> {
    const started = performance.now();
    this.#onPhase?.(phase, 'start');
    try {
      return await body();
    } finally {
      this.#onPhase?.(phase, 'end');
      this.#millis.set(phase, (this.#millis.get(phase) ?? 0) + performance.now() - started);
    }
  }

  /** Whole nanoseconds of each step. */
  nanos(): GraphPhases {
    const entries = GRAPH_PHASES.map((phase) => [phase, Math.round((this.#millis.get(phase) ?? 0) * 1e6)] as const);
    return Object.fromEntries(entries) as Record<GraphPhase, number>;
  }
}
