import { relevantVariables, tensorflowThreads } from '../../../model/environment-variables.js';
import type { Environment } from '../../../model/recording.js';
import { neededByTfjsNode } from './node-compat.js';
import { describeMachine } from '../../machine.js';
import type { TensorFlow } from './tensorflow.js';

/**
 * What a run depends on besides the model: two runs with unlike environments are not comparable.
 *
 * @param env Default: the process's own variables.
 */
export function describeEnvironment(tf: TensorFlow, env: NodeJS.ProcessEnv = process.env): Environment {
  const tensorflow = nativeVersion(tf);
  const restored = tensorflow === null ? [] : neededByTfjsNode();
  return {
    ...describeMachine(),
    backend: tf.getBackend(),
    tensorflow,
    packages: Object.fromEntries(Object.entries(tf.version).map(([name, version]) => [name, version])),
    threads: tensorflowThreads(env),
    flags: { ...relevantVariables(env), ...tfjsFlags(tf) },
    ...(restored.length === 0 ? {} : { restored }),
  };
}

/** Version of the native library as it says itself, or null when another backend runs. */
function nativeVersion(tf: TensorFlow): string | null {
  const { binding } = tf.backend() as unknown as { readonly binding?: { readonly TF_Version?: unknown } };
  return typeof binding?.TF_Version === 'string' ? binding.TF_Version : null;
}

/** tfjs's switches that change what an inference does; a fixed list, because others appear only once they are read. */
const TFJS_FLAGS = ['DEBUG', 'PROD', 'KEEP_INTERMEDIATE_TENSORS', 'CHECK_COMPUTATION_FOR_ERRORS'];

/** Prefixed, to be told from variables. Flags that this version of tfjs does not have are left out. */
function tfjsFlags(tf: TensorFlow): Record<string, string> {
  const values = TFJS_FLAGS.flatMap((name): [string, string][] => {
    try {
      return [[`tfjs:${name}`, String(tf.env().getBool(name))]];
    } catch {
      return [];
    }
  });
  return Object.fromEntries(values);
}
