import path from 'node:path';
import { EXIT, UserError } from '../../model/errors.js';
import { shownPath } from '../../model/shown-address.js';
import { kerasEnvironment } from './environment.js';
import { kerasModel, modelHash, type KerasModel } from './model-file.js';
import { findPython, type PythonFound } from './python.js';
import type { AgentRecord } from './protocol.js';
import { AgentAssembler, type KerasRecording, type KernelDecoder } from './recording-from-agent.js';
import { runAgent, type AgentEnd } from './agent-process.js';

/** How far the agent is; the time that remains is told once there are calls to tell it from. */
export type KerasProgress = Omit<Extract<AgentRecord, { readonly type: 'progress' }>, 'type'>;

/** How a Keras model is run. All but the model has a default. */
export interface KerasOptions {
  /** `.keras`, `.h5`, a SavedModel directory, or `module.py:function`. */
  readonly model: string;
  /** Default: the active environment, see findPython. */
  readonly python?: string;
  /** `compiled` (all its calls) or `compiled/predict`; default: all that exist in this version. */
  readonly variants?: readonly string[];
  readonly batch?: number;
  /** `name=32,10`, or `32,10` for an only input. */
  readonly shapes?: readonly string[];
  /** `name=file.npy`, `file.npy`, `file.npz`. */
  readonly inputs?: readonly string[];
  readonly seed?: number;
  readonly rounds?: number;
  /** Bare calls, and as many recorded ones, of each variant in each round. */
  readonly callsPerRound?: number;
  /** Calls between the first and the rounds. */
  readonly warmup?: number;
  /** Time for all rounds; fewer calls, then rounds (but at least 6) are made where it does not suffice, and a note says so. */
  readonly budgetMillis?: number;
  /** Which calls most rounds go without where the budget is too short for both kinds; default `bare`. */
  readonly spare?: 'bare' | 'recorded';
  /** Warm calls under TensorFlow's tracer. */
  readonly tracedCalls?: number;
  /** Whether the first variant runs once more, as a control, from a model of its own; default false. */
  readonly again?: boolean;
  /** Whether each variant is called once with another batch size; default true. */
  readonly otherBatch?: boolean;
  /** Arguments of `compile()` for a model that was not compiled; default adam and mean squared error. */
  readonly compile?: { readonly optimizer: string; readonly loss: string };
  /** Keyword arguments of `module.py:function`. */
  readonly arguments?: Readonly<Record<string, number>>;
  /** SavedModel only. */
  readonly signature?: string;
  /** Reads what TensorFlow tells of operations inside graphs; absent: they are left out. */
  readonly kernels?: KernelDecoder;
  readonly timeoutMillis?: number;
  readonly silenceMillis?: number;
  readonly env?: NodeJS.ProcessEnv;
  readonly cwd?: string;
  readonly signal?: AbortSignal;
  readonly onProgress?: (progress: KerasProgress) => void;
}

const MINUTE = 60_000;

/**
 * Runs a Keras model in the user's own Python and gives a recording in Inferscope's vocabulary.
 *
 * @throws UserError when there is no model, no Python or no TensorFlow, when the model cannot be loaded or called, or
 * when Python ended or hung before anything was measured.
 */
export async function runKeras(options: KerasOptions): Promise<KerasRecording> {
  const model = kerasModel(options.model);
  const env = quietEnvironment(options.env);
  const python = await findPython({ python: options.python, env, ...(options.cwd === undefined ? {} : { cwd: options.cwd }) });
  const seed = options.seed ?? 1;
  const assembler = new AgentAssembler();
  const end = await runAgent({
    command: python.command,
    request: requestOf(options, model, seed),
    env,
    timeoutMillis: options.timeoutMillis ?? 30 * MINUTE,
    silenceMillis: options.silenceMillis ?? 10 * MINUTE,
    onRecord: recordTaker(assembler, options.onProgress),
    ...(options.cwd === undefined ? {} : { cwd: options.cwd }),
    ...(options.signal === undefined ? {} : { signal: options.signal }),
  });
  refuseFailure(assembler, end, python);
  if (end.cut !== null) assembler.note(`${capital(end.cut)}.`);
  const name = path.basename(options.model);
  return assembler.recording(
    {
      path: shownPath(model.path),
      name,
      sha256: modelHash(model),
      seed,
      environment: (versions, missing) => kerasEnvironment(versions, missing, env),
      ...(options.kernels === undefined ? {} : { kernels: options.kernels }),
    },
    end.complete && assembler.failure === undefined,
  );
}

/** TensorFlow's own notices would only hide the lines that matter when something fails. */
export const quietEnvironment = (env: NodeJS.ProcessEnv | undefined): NodeJS.ProcessEnv => ({
  TF_CPP_MIN_LOG_LEVEL: '2',
  ...(env ?? process.env),
});

function requestOf(options: KerasOptions, model: KerasModel, seed: number): Readonly<Record<string, unknown>> {
  const { variants, batch, rounds, callsPerRound, warmup, budgetMillis, spare, tracedCalls, again, otherBatch, compile, signature } =
    options;
  const named = (options.inputs ?? []).map(splitName);
  const shapes = (options.shapes ?? []).map(splitName).map(([name, text]) => [name ?? '', dimensions(text)]);
  const request = {
    model: { ...model, compile, signature, arguments: options.arguments },
    inputs: named.length > 0 ? named.map(([name, file]) => [name, path.resolve(options.cwd ?? '.', file)]) : undefined,
    shapes: shapes.length > 0 ? (Object.fromEntries(shapes) as Record<string, number[]>) : undefined,
    variants,
    batch,
    seed,
    rounds,
    callsPerRound,
    warmup,
    budgetMillis,
    spare,
    tracedCalls,
    again,
    otherBatch,
  };
  // What was not given is left out: the agent has the defaults.
  return JSON.parse(JSON.stringify(request)) as Readonly<Record<string, unknown>>;
}

/** `name=rest` to both; a rest alone has no name. */
function splitName(text: string): readonly [string | null, string] {
  const at = text.indexOf('=');
  return at < 0 ? [null, text] : [text.slice(0, at), text.slice(at + 1)];
}

function dimensions(text: string): number[] {
  const numbers = text
    .replace(/^\[|\]$/g, '')
    .split(',')
    .map(Number);
  if (numbers.length === 0 || !numbers.every((n) => Number.isInteger(n) && n > 0))
    throw new UserError(`\`${text}\` is no shape: give whole numbers, such as 32,10.`, EXIT.usage);
  return numbers;
}

function recordTaker(assembler: AgentAssembler, onProgress: KerasOptions['onProgress']): (record: AgentRecord) => void {
  return (record) => {
    assembler.take(record);
    if (record.type === 'progress') onProgress?.(record);
  };
}

const capital = (text: string): string => text.charAt(0).toUpperCase() + text.slice(1);

/** What ended the run early, as one sentence; a run that measured something is kept and marked incomplete. */
function refuseFailure(assembler: AgentAssembler, end: AgentEnd, python: PythonFound): void {
  const { failure } = assembler;
  if (end.interrupted && assembler.calls === 0) throw new UserError('Interrupted before anything was measured.', EXIT.interrupted);
  if (end.cut !== null && assembler.calls === 0)
    throw new UserError(`${capital(end.cut)}. Its last words: ${end.stderrTail || 'none'}`, EXIT.unavailable);
  if (failure !== undefined && (failure.kind === 'user' || assembler.calls === 0)) {
    const what = failure.kind === 'user' ? failure.message : `${failure.kind}: ${failure.message}`;
    throw new UserError(`The model could not be run by Python ${python.version}: ${what}`, EXIT.badInput, { cause: failure.traceback });
  }
  if (!end.complete && assembler.calls === 0) {
    const how = end.signal === undefined ? `exit code ${end.exitCode ?? 'unknown'}` : `signal ${end.signal}`;
    throw new UserError(`Python ended (${how}) before anything was measured. Its last words: ${end.stderrTail || 'none'}`, EXIT.badInput);
  }
}
