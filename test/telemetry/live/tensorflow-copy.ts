import { TensorFlowCopy } from '../../../src/engines/tensorflow/program/copy.js';
import type { WrappedTf } from '../../../src/engines/tensorflow/seams/seams.js';
import { tf } from './live-program.js';

/** TensorFlow.js of this process as telemetry sees a copy of an engine. */
export const tensorFlowCopy = (): TensorFlowCopy => {
  const part = { tf: tf as unknown as WrappedTf, inner: {} };
  return new TensorFlowCopy(part, [part], () => undefined);
};
