import { relevantVariables, tensorflowThreads } from '../../model/environment-variables.js';
import type { Environment } from '../../model/recording.js';
import { describeMachine } from '../machine.js';

/** What a Keras run depends on: the machine as Node sees it, versions as Python says them. */
export function kerasEnvironment(
  versions: { readonly packages: Readonly<Record<string, string>>; readonly backend: string },
  missingSeams: readonly string[],
  env: NodeJS.ProcessEnv,
): Environment {
  return {
    ...describeMachine(),
    backend: `keras-${versions.backend}`,
    tensorflow: versions.packages['tensorflow'] ?? null,
    packages: versions.packages,
    threads: tensorflowThreads(env),
    flags: { ...relevantVariables(env), 'keras:missing-seams': missingSeams.join(',') },
  };
}
