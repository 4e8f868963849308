import { EXIT, UserError } from '../../model/errors.js';
import type { AgentRecord, AgentVersions } from './protocol.js';
import { findPython } from './python.js';
import { AgentAssembler } from './recording-from-agent.js';
import { quietEnvironment, type KerasOptions } from './run-keras.js';
import { runAgent } from './agent-process.js';

/** One call of a tf.function: whether it built a graph, and why. */
export type Retrace = Omit<Extract<AgentRecord, { readonly type: 'retrace' }>, 'type'>;

export interface RetracingRun {
  readonly retraces: readonly Retrace[];
  /** What ran them; null when it was stopped before it said so. */
  readonly versions: AgentVersions | null;
}

const MINUTE = 60_000;

/**
 * Calls small tf.functions with numbers, tensors, other shapes and dtypes, and tells which calls built a graph.
 *
 * @throws UserError when there is no Python with TensorFlow, or it fails.
 */
export async function runRetracing(options: Pick<KerasOptions, 'python' | 'env' | 'signal'>): Promise<RetracingRun> {
  const env = quietEnvironment(options.env);
  const { command } = await findPython({ python: options.python, env });
  const assembler = new AgentAssembler();
  const { signal } = options;
  const end = await runAgent({
    command,
    request: { experiment: 'retracing' },
    env,
    timeoutMillis: 10 * MINUTE,
    silenceMillis: 5 * MINUTE,
    onRecord: (record) => assembler.take(record),
    ...(signal === undefined ? {} : { signal }),
  });
  if (!end.interrupted && (assembler.failure !== undefined || !end.complete))
    throw new UserError(
      `The retracing experiment failed in Python: ${assembler.failure?.message ?? end.cut ?? end.stderrTail}`,
      EXIT.unavailable,
    );
  return { retraces: assembler.retraces, versions: assembler.versions };
}
