import type { CallRecorder, CallScope } from '../../../model/recorder.js';
import type { SessionTrace } from '../../../model/session.js';
import { KIND, STAGE } from '../../../model/codes.js';
import { given } from '../../../model/given.js';
import { kernelDetail } from '../../kernel-detail.js';
import type { NameIds } from '../../name-ids.js';
import { shownSource, sourceOf, type ModelSource, type NativeSession } from './library.js';
import type { CreationTrace, NativeInside, SessionView } from './native-inside.js';
import type { Pending, StageSpans, Waiting } from './run-spans.js';
import { TypicalRun } from './typical-run.js';

/** Traces that tell of each iteration: the first ones may be of the warm-up, which does not count. */
const MAX_TOLD = 16;

interface NativeCallsOptions {
  readonly recorder: CallRecorder;
  readonly names: NameIds;
  readonly stages: StageSpans;
  readonly waiting: Waiting;
  readonly level: 'stages' | 'kernels';
  readonly inside: NativeInside | undefined;
}

/** A session that was made. */
export interface Creation {
  readonly session: NativeSession;
  readonly source: ModelSource;
}

/**
 * The synchronous native calls, `loadModel` and `run`: what they are made of becomes stages of the call that they belong
 * to. Inputs are handed over before the C library runs (data adapter), outputs are copied after it (fetch).
 */
export class NativeCalls {
  readonly #views = new WeakMap<NativeSession, SessionView>();
  /** What tells runs of a session from those of others in the same call. */
  readonly #sessions = new WeakMap<NativeSession, number>();
  readonly #typical = new WeakMap<SessionView, TypicalRun>();
  /** Traces of each session that were taken. */
  readonly #told = new WeakMap<SessionView, number>();

  constructor(private readonly options: NativeCallsOptions) {}

  /** Makes a session. `scope`: the call in which it is made, if any. `lookInto` it afterwards. */
  create(scope: CallScope | undefined, session: NativeSession, args: readonly unknown[], body: () => unknown): Creation | null {
    const { inside, waiting } = this.options;
    const source = sourceOf(args);
    const pending = scope === undefined ? undefined : waiting.take(scope);
    if (source !== null) this.#ours(() => inside?.creationStarts(source));
    const startMillis = performance.now();
    try {
      body();
    } finally {
      const endMillis = performance.now();
      this.#ours(() => {
        const trace = inside?.creationEnds() ?? null;
        if (scope !== undefined) this.#placeCreation(scope, pending, startMillis, endMillis, trace);
      });
    }
    if (source === null) return null;
    this.#ours(() => this.#sessions.set(session, this.options.recorder.interner.detail({ node: shownSource(source) })));
    return { session, source };
  }

  /** Reads the graph of a session that was made, which takes time of its own: outside of the call that made it, where it can be. */
  lookInto({ session, source }: Creation): void {
    this.#ours(() => {
      const view = this.options.inside?.open(source);
      if (view === undefined || view === null) return;
      this.#views.set(session, view);
      this.#typical.set(view, new TypicalRun());
    });
  }

  /** A native run of the call `scope`; `pending`: what waited for it. */
  run(scope: CallScope, pending: Pending | undefined, session: NativeSession, args: readonly unknown[], body: () => unknown): unknown {
    const view = this.options.level === 'kernels' && !scope.stagesOnly ? this.#views.get(session) : undefined;
    const traced =
      view !== undefined && this.#typical.get(view)?.next(scope.serial) === true && view.traces(args[2]) && view.sampler.decide();
    if (traced) {
      scope.traced = true;
      this.#ours(() => view.tracer.traceNextRun());
    }
    const startMillis = performance.now();
    try {
      return traced && view.runTraced !== undefined ? view.runTraced(args, body) : body();
    } finally {
      const endMillis = performance.now();
      try {
        this.#placeRun(scope, pending, { session, startMillis, endMillis, taken: traced ? this.#taken(view) : null });
      } catch (thrown) {
        this.options.recorder.trouble(thrown);
      }
      view?.sampler.record({ traced, nanos: (performance.now() - startMillis) * 1e6 });
    }
  }

  #taken(view: SessionView): Taken | null {
    const trace = view.tracer.takeTrace();
    if (trace === null) return null;
    const told = this.#told.get(view) ?? 0;
    this.#told.set(view, told + 1);
    return { trace, loops: told < MAX_TOLD ? 'each' : 'summed' };
  }

  #placeCreation(
    scope: CallScope,
    pending: Pending | undefined,
    startMillis: number,
    endMillis: number,
    trace: CreationTrace | null,
  ): void {
    const { recorder, stages, names } = this.options;
    const parent = pending?.parent ?? scope.top;
    const detail = recorder.interner.detail({ cause: 'new-session' });
    scope.builtGraph = true;
    if (pending !== undefined) stages.add(scope, 'queue', parent, pending.askedMillis, startMillis);
    const place = (settledMillis: number): void => {
      const row = stages.add(scope, 'building', parent, startMillis, settledMillis, detail);
      if (row < 0) return;
      for (const { name, startNanos, endNanos } of trace?.parts ?? [])
        scope.insert(row, names.of(name), KIND.pass, STAGE.building, startNanos / 1e6, endNanos / 1e6, 0);
    };
    if (pending === undefined) place(endMillis);
    else pending.settle = place;
  }

  #placeRun(scope: CallScope, pending: Pending | undefined, { session, startMillis, endMillis, taken }: NativeRun): void {
    const { stages, inside } = this.options;
    const parent = pending?.parent ?? scope.top;
    if (pending !== undefined) stages.add(scope, 'queue', parent, pending.askedMillis, startMillis);
    const run = taken?.trace ?? inside?.lastRun() ?? null;
    const runStart = run === null ? startMillis : within(startMillis, run.startNanos / 1e6, endMillis);
    const runEnd = run === null ? endMillis : within(startMillis, run.endNanos / 1e6, endMillis);
    if (runStart > startMillis) stages.add(scope, 'adapter', parent, startMillis, runStart);
    const row = stages.add(scope, 'kernels', parent, runStart, runEnd, this.#sessions.get(session));
    if (taken !== null && row >= 0) this.#placeKernels(scope, row, taken);
    if (pending === undefined) stages.add(scope, 'fetch', parent, runEnd, endMillis);
    else
      pending.settle = (settledMillis) => {
        stages.add(scope, 'fetch', parent, runEnd, settledMillis);
      };
  }

  #placeKernels(scope: CallScope, row: number, { trace: { kernels }, loops }: Taken): void {
    const { names, recorder } = this.options;
    const calls = new Set(kernels.map((kernel) => kernel.parent));
    const rows: number[] = [];
    kernels.forEach((kernel, index) => {
      const parent = rows[kernel.parent] ?? row;
      const start = kernel.startNanos / 1e6;
      // Kernels that ran side by side share the wall time, so that the call's sum closes; a call spans its body.
      const end = start + (calls.has(index) ? kernel.durationNanos : kernel.wallNanos) / 1e6;
      const iterations = loops === 'each' ? given({ iterationNanos: kernel.iterationNanos }) : {};
      const detail = recorder.interner.detail({ ...kernelDetail(kernel), ...iterations });
      rows.push(parent < 0 ? -1 : scope.insert(parent, names.of(kernel.op), KIND.kernel, STAGE.kernels, start, end, detail));
    });
  }

  /** What fails of ours must not fail the native call. */
  #ours(body: () => void): void {
    try {
      body();
    } catch (thrown) {
      this.options.recorder.trouble(thrown);
    }
  }
}

interface NativeRun {
  readonly session: NativeSession;
  readonly startMillis: number;
  readonly endMillis: number;
  readonly taken: Taken | null;
}

interface Taken {
  readonly trace: SessionTrace;
  /** `each`: iteration by iteration, in the first traces of a session: each needs details of its own. */
  readonly loops: 'each' | 'summed';
}

/** The C library's own times, which come from another clock, kept inside of the binding's. */
const within = (first: number, at: number, last: number): number => Math.min(last, Math.max(first, at));
