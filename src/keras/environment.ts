import { createHash } from 'node:crypto';
import { createRequire } from 'node:module';
import os from 'node:os';
import type { Environment } from '../model/recording.js';

/** Variables that change what TensorFlow, Keras, JAX, PyTorch or Inferscope do. */
const RELEVANT = /^(TF_|KERAS_|JAX_|XLA_|OMP_|KMP_|MKL_|DNNL_|ONEDNN_|OPENBLAS_|INFERSCOPE_|CUDA_VISIBLE_DEVICES$|LD_PRELOAD$|PYTHON(HASHSEED|OPTIMIZE|MALLOC)$)/;

/** What a Keras run depends on: the machine as Node sees it, versions as Python says them. */
export function kerasEnvironment(
  versions: { readonly packages: Readonly<Record<string, string>>; readonly backend: string },
  missingSeams: readonly string[],
  env: NodeJS.ProcessEnv,
): Environment {
  const { version } = createRequire(import.meta.url)('../../package.json') as { version: string };
  const flags = Object.entries(env).filter((entry): entry is [string, string] => RELEVANT.test(entry[0]) && entry[1] !== undefined);
  return {
    inferscope: version,
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
    threads: { intraOp: threads(env['TF_NUM_INTRAOP_THREADS']), interOp: threads(env['TF_NUM_INTEROP_THREADS']) },
    flags: { ...Object.fromEntries(flags.sort(([a], [b]) => (a < b ? -1 : 1))), 'keras:missing-seams': missingSeams.join(',') },
    hostHash: createHash('sha256').update(os.hostname()).digest('hex'),
  };
}

/** Null where the library chooses: unset, empty or 0. */
function threads(value: string | undefined): number | null {
  const count = Number(value ?? '');
  return Number.isInteger(count) && count > 0 ? count : null;
}
