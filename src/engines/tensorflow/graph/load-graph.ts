import type { Graph } from './graph.js';
import type { CompileOptions, SessionThreads } from './options.js';
import type { PhaseClock } from './phase-clock.js';
import { LoadedGraph } from './loaded-graph.js';
import type { Backend, Tensor } from './tfjs.js';

export interface GraphToLoad {
  readonly backend: Backend;
  readonly graph: Graph;
  readonly inputs: readonly Tensor[];
  readonly options: CompileOptions;
  readonly phases: PhaseClock;
  /** Chosen for an earlier graph of the same model, null for the first. */
  readonly preferred: SessionThreads | null;
}

/**
 * From this length of a run on, milliseconds, a pool can win: what it costs (some 50 µs per run) is then below 3 %, and
 * operations that take long enough may gain from running side by side.
 */
const LONG_RUN_MILLIS = 2;
/** Runs of each executor that are compared by their shortest. */
const TIMED_RUNS = 3;

/**
 * Loads the graph and checks it, with the operations run by the calling thread or by a pool, whichever is faster here.
 * @param check runs the loaded graph for the first time; its results belong to the caller
 * @throws what `check` and the timing throw; loaded graphs and results are then disposed
 */
export function loadGraph<T extends { readonly results: readonly Tensor[] }>(
  request: GraphToLoad,
  check: (loaded: LoadedGraph) => T,
): T & { loaded: LoadedGraph; threads: SessionThreads } {
  const { backend, graph, inputs, options, phases, preferred } = request;
  const loader = options.sessionLoader;
  const wanted = loader === undefined ? 'pool' : (options.threads ?? 'auto');
  const first = wanted === 'auto' ? (preferred ?? 'caller') : wanted;
  const loaded = new LoadedGraph(backend, graph, { phases, loader, threads: first });
  const checked = disposingOnThrow(loaded, () => check(loaded));
  const done = { ...checked, loaded, threads: first };
  if (wanted !== 'auto' || preferred !== null) return done;
  const load = (): LoadedGraph => new LoadedGraph(backend, graph, { loader, threads: 'pool' });
  const held = {
    dispose: () => {
      for (const each of [loaded, ...checked.results]) each.dispose();
    },
  };
  const other = disposingOnThrow(held, () => phases.run('thread-choice', () => fasterPool(loaded, inputs, load)));
  if (other === null) return done;
  loaded.dispose();
  return { ...checked, loaded: other, threads: 'pool' };
}

/** The same graph loaded with a pool, when that is faster; null otherwise. The results were checked already. */
function fasterPool(loaded: LoadedGraph, inputs: readonly Tensor[], load: () => LoadedGraph): LoadedGraph | null {
  if (runMillis(loaded, inputs) < LONG_RUN_MILLIS) return null;
  const pool = load();
  return disposingOnThrow(pool, () => {
    runMillis(pool, inputs);
    let [own, other] = [Infinity, Infinity];
    for (let run = 0; run < TIMED_RUNS; run += 1) {
      own = Math.min(own, runMillis(loaded, inputs));
      other = Math.min(other, runMillis(pool, inputs));
    }
    if (other < own) return pool;
    pool.dispose();
    return null;
  });
}

function runMillis(loaded: LoadedGraph, inputs: readonly Tensor[]): number {
  const started = performance.now();
  for (const tensor of loaded.run(inputs)) tensor.dispose();
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
