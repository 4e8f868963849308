import type { CallScope, NameTable } from '../../../model/recorder.js';
import type { SessionKernel, SessionSampler, SessionTrace, SessionTracer } from '../../../model/session.js';
import { kernelDetail } from '../../kernel-detail.js';
import type { NameIds } from '../../name-ids.js';
import type { Stages } from './stages.js';
import { KIND, STAGE } from '../../../model/codes.js';

/** What instrumentation needs to look inside session runs; absent where the native add-on cannot work. */
export interface SessionInside {
  /** A tracer and a sampler for the runs of one session with one set of feeds and fetches: one optimised graph. */
  open(): SessionView;
}

export interface SessionView {
  readonly tracer: SessionTracer;
  readonly sampler: SessionSampler;
}

/** Beyond this many sessions, the one opened first is forgotten: a program that loads models for ever keeps no more. */
const MAX_VIEWS = 64;

/** Compiles a cluster when it meets it with new shapes, tens of milliseconds; looks it up afterwards, in microseconds. */
const XLA_COMPILE = '_XlaCompile';
const MIN_COMPILATION_NANOS = 5e6;

const XLA_OPERATIONS: ReadonlySet<string> = new Set([XLA_COMPILE, '_XlaRun', 'XlaLaunch']);

/** XLA for every session of the process, where nothing can look inside of one. */
const XLA_FOR_ALL = /--tf_xla_auto_jit=[12]/.test(process.env['TF_XLA_FLAGS'] ?? '');

/**
 * A session run is the kernel-execution stage. The first run of a session with a set of feeds and fetches is always
 * traced, because it also builds the graph; of the others a sample.
 */
export class SessionRuns {
  readonly #seen = new Set<string>();
  readonly #views = new Map<string, SessionView>();
  readonly #sequences = new Set<number>();
  /** Sessions in whose traces XLA's operations were seen: they compile for each shape. */
  readonly #compiling = new Set<string>();
  /** Views whose loops have been told iteration by iteration: once is enough, each needs details of its own. */
  readonly #told = new WeakSet<SessionView>();

  constructor(
    private readonly names: NameIds,
    private readonly table: NameTable,
    private readonly stages: Stages,
    private readonly inside: SessionInside | undefined,
    /** Told of what fails in here, which must not fail the session's run. */
    private readonly trouble: (thrown: unknown) => void,
  ) {}

  run(scope: CallScope, session: number, endpoints: string, body: () => unknown): unknown {
    const key = `${session}|${endpoints}`;
    const cause = this.#cause(session, key);
    if (cause !== undefined) scope.builtGraph = true;
    if (scope.buildingRow >= 0) return this.#runWhileBuilding(scope, key, cause, body);
    this.#sequences.add(scope.sequence);
    const view = scope.stagesOnly ? undefined : this.#viewOf(key);
    const traced = view !== undefined && (cause !== undefined || view.sampler.decide());
    if (traced) {
      scope.traced = true;
      view.tracer.traceNextRun();
    }
    const start = performance.now();
    const row = this.stages.beginExecution(scope, STAGE.kernels);
    if (cause !== undefined && !traced) scope.setDetail(row, this.table.detail({ cause }));
    try {
      return body();
    } finally {
      this.stages.endExecution(scope, row);
      if (traced) this.#placed(() => this.#placeTraced(scope, row, key, view, cause));
      if (XLA_FOR_ALL || this.#compiling.has(key)) scope.compilesShapes = true;
      if (cause === undefined) view?.sampler.record({ traced, nanos: (performance.now() - start) * 1e6 });
    }
  }

  #placeTraced(scope: CallScope, row: number, key: string, view: SessionView, cause: string | undefined): void {
    const trace = view.tracer.takeTrace();
    if (trace?.kernels.some(({ op }) => XLA_OPERATIONS.has(op)) === true) this.#compiling.add(key);
    this.#place(scope, row, trace, cause, cause === undefined && this.#tellsLoops(view));
  }

  /** Whether calls of this sequence run a session. */
  readonly runsIn = (sequence: number): boolean => this.#sequences.has(sequence);

  #viewOf(key: string): SessionView | undefined {
    if (this.inside === undefined) return undefined;
    let view = this.#views.get(key);
    if (view !== undefined) return view;
    const [oldest] = this.#views.keys();
    if (this.#views.size >= MAX_VIEWS && oldest !== undefined) this.#views.delete(oldest);
    view = this.inside.open();
    this.#views.set(key, view);
    return view;
  }

  /** The first run of a graph that is being built: what it optimises and compiles is part of the building. */
  #runWhileBuilding(scope: CallScope, key: string, cause: string | undefined, body: () => unknown): unknown {
    const tracer = cause === undefined || scope.stagesOnly ? undefined : this.#viewOf(key)?.tracer;
    tracer?.traceNextRun();
    const row = scope.top;
    try {
      return body();
    } finally {
      if (tracer !== undefined) this.#placed(() => this.#place(scope, row, tracer.takeTrace(), cause, false));
    }
  }

  #cause(session: number, key: string): string | undefined {
    if (this.#seen.has(key)) return undefined;
    const known = [...this.#seen].some((other) => other.startsWith(`${session}|`));
    this.#seen.add(key);
    return known ? 'new-fetches' : 'first-trace';
  }

  #tellsLoops(view: SessionView): boolean {
    if (this.#told.has(view)) return false;
    this.#told.add(view);
    return true;
  }

  #placed(place: () => void): void {
    try {
      place();
    } catch (thrown) {
      this.trouble(thrown);
    }
  }

  #place(scope: CallScope, row: number, trace: SessionTrace | null, cause: string | undefined, loops: boolean): void {
    if (trace === null) return;
    this.#placeBuilding(scope, row, trace, cause);
    const calls = new Set(trace.kernels.map((kernel) => kernel.parent));
    const rows: number[] = [];
    trace.kernels.forEach((kernel, index) => {
      const parent = rows[kernel.parent] ?? row;
      // Kernels that ran side by side share the wall time, so that the call's sum closes; a call spans its body.
      const nanos = calls.has(index) ? kernel.durationNanos : kernel.wallNanos;
      rows.push(
        parent < 0
          ? -1
          : this.#placeKernel(
              scope,
              parent,
              kernel,
              nanos,
              loops && kernel.iterationNanos !== undefined ? { iterationNanos: kernel.iterationNanos } : {},
              cause,
            ),
      );
    });
  }

  /** Only the first run of a session with its fetches builds: before the first kernel of any other, TensorFlow finds what it built. */
  #placeBuilding(scope: CallScope, row: number, trace: SessionTrace, cause: string | undefined): void {
    if (trace.buildNanos <= 0 || cause === undefined) return;
    const start = trace.startNanos / 1e6;
    const detail = this.table.detail({ cause });
    // Inside of a graph's own building it is one more step of it.
    const [name, kind] = scope.buildingRow >= 0 ? (['optimisation', KIND.pass] as const) : (['graph-building', KIND.stage] as const);
    scope.insert(row, this.names.of(name), kind, STAGE.building, start, start + trace.buildNanos / 1e6, detail);
  }

  #placeKernel(scope: CallScope, parent: number, kernel: SessionKernel, nanos: number, more: object, cause: string | undefined): number {
    const start = kernel.startNanos / 1e6;
    const end = start + nanos / 1e6;
    const detail = { ...kernelDetail(kernel), ...more };
    if (kernel.op === XLA_COMPILE && (cause !== undefined || nanos >= MIN_COMPILATION_NANOS)) {
      scope.builtGraph = true;
      const compiled = this.table.detail(cause === undefined ? detail : { ...detail, cause });
      return scope.insert(parent, this.names.of('xla-compilation'), KIND.pass, STAGE.building, start, end, compiled);
    }
    return scope.insert(parent, this.names.of(kernel.op), KIND.kernel, STAGE.kernels, start, end, this.table.detail(detail));
  }
}
