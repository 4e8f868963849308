import { relevantVariables } from '../../../model/environment-variables.js';
import type { Environment } from '../../../model/recording.js';
import { ONNX_RUNTIME } from '../../../model/variant.js';
import { describeMachine } from '../../machine.js';

/** What runs of ONNX Runtime depend on. `flags`: beside the variables that change them. */
export const onnxEnvironment = ({
  packages,
  threads,
  flags = {},
}: Pick<Environment, 'packages' | 'threads'> & Partial<Pick<Environment, 'flags'>>): Environment => ({
  ...describeMachine(),
  backend: ONNX_RUNTIME,
  tensorflow: null,
  packages,
  threads,
  flags: { ...relevantVariables(process.env), ...flags },
});
