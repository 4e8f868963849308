import { createHash } from 'node:crypto';
import os from 'node:os';
import { relevantVariables, tensorflowThreads } from '../../model/environment-variables.js';
import type { Environment } from '../../model/recording.js';
import { ownVersion } from '../own-version.js';

/** What a Keras run depends on: the machine as Node sees it, versions as Python says them. */
export function kerasEnvironment(
  versions: { readonly packages: Readonly<Record<string, string>>; readonly backend: string },
  missingSeams: readonly string[],
  env: NodeJS.ProcessEnv,
): Environment {
  return {
    inferscope: ownVersion(),
    node: process.versions.node,
    v8: process.versions.v8,
    platform: process.platform,
    arch: process.arch,
    cpu: os.cpus()[0]?.model.trim() ?? 'unknown',
    cpuCount: os.availableParallelism(),
    memoryBytes: os.totalmem(),
    backend: `keras-${versions.backend}`,
    tensorflow: versions.packages['tensorflow'] ?? null,
    packages: versions.packages,
    threads: tensorflowThreads(env),
    flags: { ...relevantVariables(env), 'keras:missing-seams': missingSeams.join(',') },
    hostHash: createHash('sha256').update(os.hostname()).digest('hex'),
  };
}
