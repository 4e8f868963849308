/**
 * Processes and threads that a recorded program starts with an environment of its own: Node.js hands its variables down only to
 * those that get its whole environment.
 */
import children, { ChildProcess } from 'node:child_process';
import { syncBuiltinESMExports } from 'node:module';
import threads, { type WorkerOptions } from 'node:worker_threads';

/** The option that preloads our registration, as `inferscope run` writes it. */
const PRELOAD = /--require="(?:[^"\\]|\\.)*cjs[\\/]+register\.js"/;

const OPTIONS = 'NODE_OPTIONS';

type Completed = (own: NodeJS.ProcessEnv) => NodeJS.ProcessEnv;

/**
 * Has whatever the program starts recorded as it is itself: the variables that say so are of these names. `lost`: told of a command for
 * the shell that puts options of its own in the place of ours.
 */
export function handDownRecording(names: readonly string[], env: Readonly<NodeJS.ProcessEnv>, lost: (command: string) => void): void {
  const preload = PRELOAD.exec(env[OPTIONS] ?? '')?.[0];
  if (preload === undefined) return;
  const ours = Object.fromEntries(names.flatMap((name) => (env[name] === undefined ? [] : [[name, env[name]]])));
  const completed: Completed = (own) => {
    const options = own[OPTIONS] ?? '';
    const isAnothers = names.some((name) => own[name] !== undefined && own[name] !== env[name]);
    const hasAll = options.includes(preload) && Object.keys(ours).every((name) => own[name] !== undefined);
    if (isAnothers || hasAll) return own;
    return { ...own, ...ours, [OPTIONS]: options.includes(preload) ? options : `${options} ${preload}`.trim() };
  };
  toProcesses(completed, lost);
  toWaitedFor(completed, lost);
  toThreads(completed);
  syncBuiltinESMExports();
}

interface Spawning {
  /** The one way by which `spawn`, `fork` and `exec` start processes; what is waited for goes another. */
  spawn?(this: ChildProcess, options: { readonly args?: readonly string[]; readonly envPairs?: readonly string[] }): unknown;
}

/** A shell puts these options in the place of those that it was given, unless it names them. */
const REPLACES_OPTIONS = /\bNODE_OPTIONS=(?!.*\$\{?NODE_OPTIONS\b)/s;

function toProcesses(completed: Completed, lost: (command: string) => void): void {
  const prototype = ChildProcess.prototype as Spawning;
  const original = prototype.spawn;
  if (original === undefined) return;
  prototype.spawn = function (options) {
    const own = envOf(options.envPairs ?? []);
    lookAt(options.args ?? [], lost);
    const env = completed(own);
    if (env === own) return original.call(this, options);
    return original.call(this, { ...options, envPairs: Object.entries(env).map(([name, value]) => `${name}=${value}`) });
  };
}

function lookAt(args: readonly string[], lost: (command: string) => void): void {
  const command = args.find((arg) => REPLACES_OPTIONS.test(arg));
  if (command !== undefined) lost(command);
}

type Waiting = (this: unknown, ...args: readonly unknown[]) => unknown;

/** Functions of `child_process` that wait for the process; each may be called without the list of arguments, or without options. */
const WAITING = ['spawnSync', 'execFileSync', 'execSync'] as const;

function toWaitedFor(completed: Completed, lost: (command: string) => void): void {
  const holder = children as unknown as Record<(typeof WAITING)[number], Waiting>;
  for (const name of WAITING) {
    const original = holder[name];
    const wrapped = {
      [name](this: unknown, ...args: readonly unknown[]): unknown {
        lookAt(
          args.flat().filter((arg) => typeof arg === 'string'),
          lost,
        );
        return Reflect.apply(
          original,
          this,
          args.map((arg) => (isOptions(arg) ? { ...arg, env: completed(arg.env) } : arg)),
        );
      },
    };
    holder[name] = wrapped[name] as Waiting;
  }
}

const isOptions = (arg: unknown): arg is { readonly env: NodeJS.ProcessEnv } =>
  typeof arg === 'object' && arg !== null && !Array.isArray(arg) && 'env' in arg && typeof arg.env === 'object' && arg.env !== null;

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
}
