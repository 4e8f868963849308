import { execFile } from 'node:child_process';
import { existsSync } from 'node:fs';
import { writeFile } from 'node:fs/promises';
import { constants, setPriority } from 'node:os';
import path from 'node:path';
import { messageOf } from '../../../model/errors.js';
import type { SessionStep } from '../../../model/run-facts.js';
import { scratchFolder } from '../../scratch-folder.js';
import { readCreationLog } from './creation-log.js';
import type { OnnxGraph } from '../load/graph.js';
import { graphOf, type ModelFile } from './model-graph.js';

export interface HelperSession {
  /** The main file of the user's `onnxruntime-node`. */
  readonly entry: string;
  readonly model: ModelFile;
  /** As the user's session has them; those that decide how the graph is optimised are passed on. */
  readonly options: Readonly<Record<string, unknown>>;
}

const TIMEOUT_MILLIS = 120_000;
const MAX_LOG_BYTES = 2 ** 28;

const GRAPH_OPTIONS = ['graphOptimizationLevel', 'freeDimensionOverrides', 'extra'] as const;

/** Of a session's options those that decide what the optimiser makes. */
export const graphOptionsOf = (options: Readonly<Record<string, unknown>>): Record<string, unknown> =>
  Object.fromEntries(GRAPH_OPTIONS.flatMap((name) => (options[name] === undefined ? [] : [[name, options[name]]])));

/** Makes one session and ends. Its program's output is not ours. */
const CHILD = `
const [entry, model, given] = process.argv.slice(1);
const ort = require(entry);
const options = JSON.parse(given);
if (options.logSeverityLevel === 0) ort.env.logLevel = 'verbose';
ort.InferenceSession.create(model, options).then(() => process.exit(0), (error) => { console.error('failed: ' + error.message); process.exit(1); });
`;

/**
 * What making a session takes, step by step. ONNX Runtime tells only its log of that, so a process of its own makes the session
 * again. Never throws.
 */
export async function seeCreation(
  helper: HelperSession,
): Promise<{ readonly passes: readonly SessionStep[] } | { readonly reason: string }> {
  try {
    const log = await inFolder(helper, (model) => run(helper, model, { logSeverityLevel: 0 }));
    const passes = readCreationLog(log);
    return passes.length === 0 ? { reason: 'this version of ONNX Runtime logs otherwise' } : { passes };
  } catch (error) {
    return { reason: `the process that looked at them failed (${reasonOf(error)})` };
  }
}

/** The graph as it runs, or why it is missing. */
export type SeenGraph = { readonly graph: OnnxGraph } | { readonly reason: string };

/**
 * The graph that a session with these options runs, written once by a session of its own in a process of its own, and read without its
 * weights. Never throws.
 */
export async function seeOptimisedGraph(helper: HelperSession): Promise<SeenGraph> {
  try {
    return await inFolder(helper, async (model, folder) => {
      const file = path.join(folder, 'optimised.onnx');
      await run(helper, model, { logSeverityLevel: 3, optimizedModelFilePath: file });
      if (!existsSync(file)) return { reason: 'this onnxruntime-node writes no optimised models' };
      return { graph: graphOf({ kind: 'path', path: file }) };
    });
  } catch (error) {
    return { reason: `the optimised graph could not be read (${reasonOf(error)})` };
  }
}

/** A folder that only this user can look into: weights are written there, and removed. */
async function inFolder<Result>({ model }: HelperSession, body: (model: string, folder: string) => Promise<Result>): Promise<Result> {
  // The program may end while the other process is at work.
  const { path: folder, remove } = scratchFolder('onnx-graph');
  try {
    if (model.kind === 'path') return await body(path.resolve(model.path), folder);
    const file = path.join(folder, 'model.onnx');
    await writeFile(file, model.bytes);
    return await body(file, folder);
  } finally {
    remove();
  }
}

/** Gives what it wrote to standard error. */
function run({ entry, options }: HelperSession, model: string, more: Readonly<Record<string, unknown>>): Promise<string> {
  const env = { ...process.env, ORT_DISABLE_TELEMETRY: '1' };
  // What the program has preloaded, us among it, has no business there.
  Reflect.deleteProperty(env, 'NODE_OPTIONS');
  return new Promise((resolve, reject) => {
    const child = execFile(
      process.execPath,
      ['-e', CHILD, entry, model, JSON.stringify({ ...graphOptionsOf(options), intraOpNumThreads: 1, ...more })],
      { env, timeout: TIMEOUT_MILLIS, maxBuffer: MAX_LOG_BYTES },
      (error, _, stderr) => {
        process.off('exit', kill);
        if (error === null) resolve(stderr);
        else reject(new Error(/^failed: (.*)$/m.exec(stderr)?.[1] ?? error.message.split('\n')[0], { cause: error }));
      },
    );
    const kill = (): void => void child.kill('SIGKILL');
    process.once('exit', kill);
    // Beside a running program: what is left of the processors is enough.
    try {
      if (child.pid !== undefined) setPriority(child.pid, constants.priority.PRIORITY_LOW);
    } catch {
      // It has ended already.
    }
    child.unref();
  });
}

const reasonOf = (error: unknown): string => messageOf(error).split('\n')[0] ?? '';
