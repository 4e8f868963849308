import { never } from '../../model/errors.js';
import type { SessionKernel } from '../../model/session.js';
import type { KernelDecoder } from './recording-from-agent.js';
import { decodeStepStats } from '../tensorflow/session/decode-step-stats.js';
import { decodeXPlane } from '../tensorflow/session/decode-xplane.js';
import { foldLoops } from '../session/fold.js';
import { kernelsOf } from '../tensorflow/session/kernels.js';
import { NodeTable } from '../tensorflow/session/node-table.js';
import { kernelsOfXPlane } from '../tensorflow/session/xplane-kernels.js';

/** Reads what TensorFlow told a Python process of the operations inside its graphs; a loop's iterations are one row. */
export const decodeKerasKernels: KernelDecoder = ({ format, data, startNanos }, originEpochNanos) => {
  const bytes = Buffer.from(data, 'base64');
  switch (format) {
    case 'run-metadata':
      return foldLoops(kernelsOf(decodeStepStats(bytes, originEpochNanos, new NodeTable()).nodes, 0, new Map()).filter(isOperation));
    case 'xplane':
      return foldLoops(kernelsOfXPlane(decodeXPlane(bytes), startNanos));
    default:
      return never(format);
  }
};

/** A whole graph function, and what passes arguments in and results out, are no operations of the model. */
const isOperation = ({ op, node }: SessionKernel): boolean =>
  !/^_?(Arg|Retval|DeviceArg|DeviceRetval)$/.test(op) && !node.startsWith('__') && op !== '';
