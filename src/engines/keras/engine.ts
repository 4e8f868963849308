import { given } from '../../model/given.js';
import type { OwnProcessEngine } from '../engine.js';
import { decodeKerasKernels } from './kernels.js';
import { runKeras } from './run-keras.js';

/** Keras in the user's Python: what only Python can read, and a SavedModel where it was asked for. */
export const KERAS: OwnProcessEngine = {
  name: 'keras',
  runs: 'own-process',
  takes: (model, runtime) => runtime === 'keras' || /\.(keras|h5|hdf5)$|\.py:[A-Za-z_]\w*$/.test(model),
  record: (model, { env, ...options }) =>
    runKeras({
      ...options,
      ...given({ env: env === undefined ? undefined : { ...process.env, ...env } }),
      model,
      kernels: decodeKerasKernels,
      otherBatch: false,
    }),
};
