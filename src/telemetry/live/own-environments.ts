/**
 * Processes and threads that a recorded program starts with an environment of its own: Node.js hands its variables down only to
 * those that get its whole environment.
 */
import { ChildProcess } from 'node:child_process';
import { syncBuiltinESMExports } from 'node:module';
import threads, { type WorkerOptions } from 'node:worker_threads';

/** The option that preloads our registration, as `inferscope run` writes it. */
const PRELOAD = /--require="(?:[^"\\]|\\.)*cjs[\\/]+register\.js"/;

const OPTIONS = 'NODE_OPTIONS';

type Completed = (own: NodeJS.ProcessEnv) => NodeJS.ProcessEnv;

/** Has whatever the program starts recorded as it is itself: the variables that say so are of these names. */
export function handDownRecording(names: readonly string[], env: Readonly<NodeJS.ProcessEnv>): void {
  const preload = PRELOAD.exec(env[OPTIONS] ?? '')?.[0];
  if (preload === undefined) return;
  const ours = Object.fromEntries(names.flatMap((name) => (env[name] === undefined ? [] : [[name, env[name]]])));
  const completed: Completed = (own) =>
    names.some((name) => own[name] !== undefined) ? own : { ...own, ...ours, [OPTIONS]: `${own[OPTIONS] ?? ''} ${preload}`.trim() };
  toProcesses(completed);
  toThreads(completed);
}

interface Spawning {
  /** The one way by which `spawn`, `fork` and `exec` start processes. */
  spawn?(this: ChildProcess, options: { readonly envPairs?: readonly string[] }): unknown;
}

function toProcesses(completed: Completed): void {
  const prototype = ChildProcess.prototype as Spawning;
  const original = prototype.spawn;
  if (original === undefined) return;
  prototype.spawn = function (options) {
    const own = envOf(options.envPairs ?? []);
    const env = completed(own);
    if (env === own) return original.call(this, options);
    return original.call(this, { ...options, envPairs: Object.entries(env).map(([name, value]) => `${name}=${value}`) });
  };
}

const envOf = (pairs: readonly string[]): NodeJS.ProcessEnv =>
  Object.fromEntries(
    pairs.map((pair) => {
      const at = pair.indexOf('=', 1);
      return [pair.slice(0, at), pair.slice(at + 1)];
    }),
  );

function toThreads(completed: Completed): void {
  threads.Worker = class Worker extends threads.Worker {
    constructor(file: string | URL, options?: WorkerOptions) {
      const env = options?.env;
      super(file, typeof env === 'object' ? { ...options, env: completed(env) } : options);
    }
  };
  syncBuiltinESMExports();
}
