import { isRecord } from '../../../model/is-record.js';

/** One tensor as the profile tells of it. */
export interface ProfileTensor {
  /** As Inferscope calls it: `float32`; ONNX Runtime writes C++'s names. */
  readonly dtype: string;
  /** Null for what is no tensor. */
  readonly shape: readonly number[] | null;
}

/** One execution of a kernel. Times in the profile's unit (µs, or ns with the fast clock) from its beginning. */
export interface ProfileNode {
  readonly name: string;
  readonly op: string;
  readonly provider: string;
  readonly start: number;
  readonly duration: number;
  readonly thread: number;
  /** Inputs that are tensors at the run; weights that were packed at the session's creation are not among them. */
  readonly inputs: readonly ProfileTensor[];
  readonly outputs: readonly ProfileTensor[];
  readonly outputBytes: number;
  /** What more of the arena was in use after it than before, at least 0. */
  readonly allocatedBytes: number;
}

export interface ProfileSpan {
  readonly start: number;
  readonly duration: number;
  readonly thread: number;
}

/** What one profiled run wrote. */
export interface RunProfile {
  /** In order of start, a node before those of its subgraph. */
  readonly nodes: readonly ProfileNode[];
  /** Executions of a graph: the model's own, and those of subgraphs. */
  readonly executions: readonly ProfileSpan[];
  /** The whole run; absent where it failed before its end. */
  readonly modelRun: ProfileSpan | null;
}

/** The text is not the profile of one run. */
export class ProfileError extends Error {
  override readonly name = 'ProfileError';
}

const KERNEL = '_kernel_time';
const EXECUTION = /Executor::Execute$/;
/** ONNX Runtime keeps no more. */
const MAX_EVENTS = 1_000_000;

/**
 * Reads what ONNX Runtime's profiler wrote for one run. Names are written unescaped, so that a node whose name holds a
 * quotation mark makes the text unreadable: it is refused whole, as is one that was cut off.
 *
 * @throws ProfileError
 */
export const decodeProfile = (text: string): RunProfile => decodeRuns(text)[0] ?? { nodes: [], executions: [], modelRun: null };

/**
 * The same for the profile of a session, which holds all its runs, one after the other: an event is written when it ends.
 *
 * @throws ProfileError
 */
export function decodeRuns(text: string): readonly RunProfile[] {
  const runs: RunProfile[] = [];
  let nodes: ProfileNode[] = [];
  let executions: ProfileSpan[] = [];
  const end = (modelRun: ProfileSpan | null): void => {
    // At the same moment the longer one, which holds the other, comes first.
    nodes.sort((a, b) => a.start - b.start || b.duration - a.duration);
    runs.push({ nodes, executions, modelRun });
    nodes = [];
    executions = [];
  };
  for (const event of parsed(text)) {
    if (!isRecord(event)) throw new ProfileError('an event is no object');
    const { cat, name } = event;
    if (typeof name !== 'string') throw new ProfileError('an event has no name');
    if (cat === 'Node' && name.endsWith(KERNEL)) nodes.push(nodeOf(event, name.slice(0, -KERNEL.length)));
    else if (cat === 'Session' && EXECUTION.test(name)) executions.push(spanOf(event));
    else if (cat === 'Session' && name === 'model_run') end(spanOf(event));
  }
  if (nodes.length + executions.length > 0) end(null);
  return runs;
}

function parsed(text: string): readonly unknown[] {
  let events: unknown;
  try {
    events = JSON.parse(text);
  } catch {
    throw new ProfileError('it is no JSON');
  }
  if (!Array.isArray(events)) throw new ProfileError('it is no list of events');
  if (events.length > MAX_EVENTS) throw new ProfileError(`it holds more than ${MAX_EVENTS} events`);
  return events;
}

function spanOf(event: Record<string, unknown>): ProfileSpan {
  return { start: countOf(event, 'ts'), duration: countOf(event, 'dur'), thread: countOf(event, 'tid') };
}

function nodeOf(event: Record<string, unknown>, name: string): ProfileNode {
  const { args } = event;
  if (!isRecord(args)) throw new ProfileError(`the kernel ${name} has no arguments`);
  const { op_name: op, provider } = args;
  if (typeof op !== 'string') throw new ProfileError(`the kernel ${name} has no operation`);
  return {
    name,
    op,
    provider: typeof provider === 'string' ? provider : '',
    ...spanOf(event),
    inputs: tensorsOf(args['input_type_shape']),
    outputs: tensorsOf(args['output_type_shape']),
    outputBytes: textNumber(args['output_size']),
    allocatedBytes: textNumber(args['mem_in_use_delta']),
  };
}

/** A time or a number of a thread: whole, not negative, exact. */
function countOf(event: Record<string, unknown>, key: string): number {
  const value = event[key];
  if (typeof value !== 'number' || !Number.isSafeInteger(value) || value < 0) throw new ProfileError(`${key} of an event is no time`);
  return value;
}

/** Numbers of arguments are written as texts; what is missing or negative is 0. */
function textNumber(value: unknown): number {
  const number = typeof value === 'string' && /^\d{1,15}$/.test(value) ? Number(value) : 0;
  return number;
}

/** `[{"float":[32,4]},{"int64":[]}]` */
function tensorsOf(value: unknown): readonly ProfileTensor[] {
  if (value === undefined || value === '') return [];
  if (!Array.isArray(value)) throw new ProfileError('shapes are no list');
  return value.map((entry: unknown) => {
    const [pair] = isRecord(entry) ? Object.entries(entry) : [];
    if (pair === undefined) throw new ProfileError('a shape has no type');
    return { dtype: DTYPES.get(pair[0]) ?? pair[0], shape: shapeOf(pair[1]) };
  });
}

function shapeOf(value: unknown): readonly number[] | null {
  if (!Array.isArray(value)) return null;
  return value.every((size): size is number => Number.isSafeInteger(size) && size >= 0) ? value : null;
}

/** C++'s names where they are others than ours. */
const DTYPES: ReadonlyMap<string, string> = new Map([
  ['float', 'float32'],
  ['double', 'float64'],
  ['std::string', 'string'],
]);
