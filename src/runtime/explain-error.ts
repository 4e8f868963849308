import { EXIT, messageOf, UserError } from '../model/errors.js';

/** Known failures of TensorFlow and tfjs, and what to tell the user. First match wins. */
const EXPLANATIONS: readonly (readonly [RegExp, (match: RegExpExecArray) => string])[] = [
  [
    /Op type not registered '([^']+)'/,
    ([, op]) =>
      op === 'DisableCopyOnRead'
        ? `The model was exported by a newer TensorFlow: its operation ${op} is unknown to the native library here; use a newer library (\`npx inferscope setup --tensorflow 2.15.1\`) or export the model with TensorFlow 2.15 or older.`
        : `The native TensorFlow library does not have the operation ${op}: use a newer library (\`npx inferscope setup --tensorflow VERSION\`), or a build with that operation.`,
  ],
  [
    /Kernel '([^']+)' not registered for backend '([^']+)'/,
    ([, op, backend]) => `The backend ${backend} of TensorFlow.js has no kernel for the operation ${op}: run the model as a SavedModel, or replace the operation.`,
  ],
  [
    /Unknown op '([^']+)'/,
    ([, op]) => `TensorFlow.js does not know the operation ${op}: run the model as a SavedModel, or register it with tf.registerOp.`,
  ],
  [
    /Unknown (?:layer|optimizer|initializer|regularizer|constraint): ([A-Za-z0-9_$]+)/i,
    ([, name]) => `The model uses the class ${name}, which is not registered: pass the model as an object to Inferscope's library after tf.serialization.registerClass(${name}).`,
  ],
  [
    /No OpKernel was registered to support Op '([^']+)'/,
    ([, op]) => `The native TensorFlow library has no CPU kernel for the operation ${op} with these types.`,
  ],
];

/** A `UserError` for a failure that is understood, else the error itself. */
export function explainCallError(error: unknown): unknown {
  if (error instanceof UserError) return error;
  const message = messageOf(error);
  for (const [pattern, sentence] of EXPLANATIONS) {
    const match = pattern.exec(message);
    if (match !== null) return new UserError(sentence(match), EXIT.unavailable, { cause: error });
  }
  return error;
}

/** Like {@link explainCallError}; what is not understood becomes a sentence that the model cannot be loaded. */
export function explainLoadError(error: unknown, model: string): UserError {
  const explained = explainCallError(error);
  if (explained instanceof UserError) return explained;
  const reason = messageOf(error).split('\n')[0] ?? '';
  return new UserError(`The model ${model} cannot be loaded: ${reason.trim().replace(/\.$/, '')}.`, EXIT.badInput, { cause: error });
}
