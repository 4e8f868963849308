import type { Graph } from './graph.js';
import type { CompileOptions, SessionThreads } from './options.js';
import type { PhaseClock } from './phase-clock.js';
import { GraphSession } from './session.js';
import type { Backend, Tensor } from './tfjs.js';

export interface SessionRequest {
  readonly backend: Backend;
  readonly graph: Graph;
  readonly inputs: readonly Tensor[];
  readonly options: CompileOptions;
  readonly phases: PhaseClock;
  /** Chosen for an earlier graph of the same model, null for the first. */
  readonly preferred: SessionThreads | null;
}

/**
 * From this length of a run on, milliseconds, a pool can win: what it costs (some 50 µs a run) is then below 3 %, and
 * operations that take long enough may gain from running side by side.
 */
const LONG_RUN_MILLIS = 2;
/** Runs of each executor that are compared by their shortest. */
const TIMED_RUNS = 3;

/**
 * Loads the graph and checks it, with the operations run by the calling thread or by a pool, whichever is faster here.
 * @param check runs the session for the first time; its results belong to the caller
 * @throws what `check` and the timing throw; sessions and results are then disposed
 */
export function chooseSession<T extends { readonly results: readonly Tensor[] }>(
  request: SessionRequest,
  check: (session: GraphSession) => T,
): T & { session: GraphSession; threads: SessionThreads } {
  const { backend, graph, inputs, options, phases, preferred } = request;
  const loader = options.sessionLoader;
  const wanted = loader === undefined ? 'pool' : (options.threads ?? 'auto');
  const first = wanted === 'auto' ? (preferred ?? 'caller') : wanted;
  const session = new GraphSession(backend, graph, { phases, loader, threads: first });
  const checked = disposingOnThrow(session, () => check(session));
  const done = { ...checked, session, threads: first };
  if (wanted !== 'auto' || preferred !== null) return done;
  const load = (): GraphSession => new GraphSession(backend, graph, { loader, threads: 'pool' });
  const held = {
    dispose: () => {
      for (const each of [session, ...checked.results]) each.dispose();
    },
  };
  const other = disposingOnThrow(held, () => phases.run('thread-choice', () => fasterPool(session, inputs, load)));
  if (other === null) return done;
  session.dispose();
  return { ...checked, session: other, threads: 'pool' };
}

/** The same graph in a session with a pool, when that is faster; null otherwise. The results were checked already. */
function fasterPool(session: GraphSession, inputs: readonly Tensor[], load: () => GraphSession): GraphSession | null {
  if (runMillis(session, inputs) < LONG_RUN_MILLIS) return null;
  const pool = load();
  return disposingOnThrow(pool, () => {
    runMillis(pool, inputs);
    let [own, other] = [Infinity, Infinity];
    for (let run = 0; run < TIMED_RUNS; run += 1) {
      own = Math.min(own, runMillis(session, inputs));
      other = Math.min(other, runMillis(pool, inputs));
    }
    if (other < own) return pool;
    pool.dispose();
    return null;
  });
}

function runMillis(session: GraphSession, inputs: readonly Tensor[]): number {
  const started = performance.now();
  for (const tensor of session.run(inputs)) tensor.dispose();
  return performance.now() - started;
}

function disposingOnThrow<T>(held: { dispose(): void }, run: () => T): T {
  try {
    return run();
  } catch (error) {
    held.dispose();
    throw error;
  }
}
