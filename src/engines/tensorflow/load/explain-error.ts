import { EXIT, messageOf, reasonLine, UserError, IdsDoNotFit } from '../../../model/errors.js';
import type { InputArray } from '../../../inputs/arrays.js';
import type { Feed } from './feed.js';

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
    ([, op, backend]) =>
      `The backend ${backend} of TensorFlow.js has no kernel for the operation ${op}: run the model as a SavedModel, or replace the operation.`,
  ],
  [
    /Unknown op '([^']+)'/,
    ([, op]) => `TensorFlow.js does not know the operation ${op}: run the model as a SavedModel, or register it with tf.registerOp.`,
  ],
  [
    /Unknown (?:layer|optimizer|initializer|regularizer|constraint): ([A-Za-z0-9_$]+)/i,
    ([, name]) =>
      `The model uses the class ${name}, which is not registered: pass the model as an object to Inferscope's library after tf.serialization.registerClass(${name}).`,
  ],
  [
    /InputLayer should be passed either a `batchInputShape`|expected array for nodeData: \[object Object\]|Improper config format: .*DTypePolicy/,
    () =>
      'The model was written by Keras 3, whose layers TensorFlow.js does not read: save it with Keras 2 (the package tf_keras) and convert it again, or give the .keras file itself, or a SavedModel of it (model.export).',
  ],
  [
    /Index out of range using input dim 1; input has only 1 dim/,
    () =>
      'TensorFlow refuses the call: an operation gets a list where it wants more dimensions, as the lookups of TensorFlow.js give for keys of any shape; profile the SavedModel that the model was converted from.',
  ],
  [
    /No OpKernel was registered to support Op '([^']+)'/,
    ([, op]) => `The native TensorFlow library has no CPU kernel for the operation ${op} with these types.`,
  ],
];

/** How TensorFlow and the kernels of tfjs-node tell of an id outside of its table. */
const OUTSIDE_TABLE = [/indices\[[\d,]*\] = (-?\d+) is not in \[0, (\d+)\)/, /index value (-?\d+) is not in \[0, (\d+)\]/];

function idsDoNotFit(message: string, inputs: readonly InputArray[], cause: unknown): UserError | null {
  for (const [form, pattern] of OUTSIDE_TABLE.entries()) {
    const match = pattern.exec(message);
    if (match === null) continue;
    const [id, last] = [Number(match[1]), Number(match[2]) - (form === 0 ? 1 : 0)];
    const holding = inputs.filter(
      ({ dtype, data }) =>
        dtype !== 'string' &&
        dtype !== 'bool' &&
        (data as ArrayLike<number>).length < MAX_SEARCHED &&
        Array.from(data as ArrayLike<number>).some((value) => Math.trunc(value) === id),
    );
    const texts = inputs.filter(({ dtype }) => dtype === 'string').map(({ name }) => name);
    const [text] = texts;
    if (holding.length === 0 && text !== undefined)
      return new IdsDoNotFit(
        `The model does not know the texts in its input ${texts.join(' or ')} (its lookup gives ${id} for them, which is not from 0 to ${last}): give some that it knows with --input ${text}=FILE.json.`,
        EXIT.badInput,
        { cause },
      );
    const names = (holding.length === 0 ? inputs : holding).map(({ name }) => name);
    const [first = 'x'] = names;
    return new IdsDoNotFit(
      `The ids in the input ${names.join(' or ')} do not fit their table (${id} is not from 0 to ${last}): give some that do with --input ${first}=FILE.npy.`,
      EXIT.badInput,
      { cause },
    );
  }
  return null;
}

const MAX_SEARCHED = 1e6;

/** A `UserError` for a failure that is understood, else the error itself. `fed`: what the call was fed. */
export function explainCallError(error: unknown, fed: Pick<Feed, 'arrays' | 'guessed'> | null = null): unknown {
  if (error instanceof UserError) return error;
  const message = messageOf(error);
  const ids = fed === null ? null : idsDoNotFit(message, fed.arrays, error);
  if (ids !== null) return ids;
  for (const [pattern, sentence] of EXPLANATIONS) {
    const match = pattern.exec(message);
    if (match !== null) return new UserError(sentence(match), EXIT.unavailable, { cause: error });
  }
  const texts = fed === null ? null : textsDoNotFit(message, fed.arrays, error);
  if (texts !== null) return texts;
  const sparse = fed === null ? null : sparseDoesNotFit(message, fed.arrays, error);
  if (sparse !== null) return sparse;
  return fed === null || fed.guessed.length === 0 ? error : shapesGuessed(fed.guessed, error);
}

/** A sparse tensor is fed in three inputs that must fit each other, which values made up for each alone do not. */
const WRONG_SPARSE = /Obtained a write index of|indices\[\d+\] = \[[\d, ]+\] is (?:out of (?:bounds|order)|repeated)/;

function sparseDoesNotFit(message: string, inputs: readonly InputArray[], cause: unknown): UserError | null {
  const names = inputs.map(({ name }) => name);
  if (names.length < 3 || !WRONG_SPARSE.test(message)) return null;
  return new UserError(
    `Among the inputs ${names.join(', ')} is a sparse tensor in three parts (indices, values, shape) that do not fit each other (${reasonLine(cause)}): give them all with ${names.map((name) => `--input ${name}=FILE.npy`).join(' ')}.`,
    EXIT.badInput,
    { cause },
  );
}

/** A model may want a number, a picture or a serialised record in a text: made-up words are none. */
const WRONG_TEXT = /could not correctly convert string|Could not parse example input|Unknown image file format|Invalid PNG|Expected image/;

function textsDoNotFit(message: string, inputs: readonly InputArray[], cause: unknown): UserError | null {
  const names = inputs.filter(({ dtype }) => dtype === 'string').map(({ name }) => name);
  const [first] = names;
  if (first === undefined || !WRONG_TEXT.test(message)) return null;
  const reason = reasonLine(cause);
  return new UserError(
    `The model cannot read the texts in its input ${names.join(' or ')} (${reason}): give the real input with --input ${first}=FILE: an image or record file, or a .json with texts or {"b64": "…"}.`,
    EXIT.badInput,
    { cause },
  );
}

/** The likeliest reason, and the one thing that a user can do about it. */
function shapesGuessed(guessed: readonly string[], cause: unknown): UserError {
  const [first = '', ...others] = guessed;
  const [have, chosen, them] =
    others.length === 0
      ? [`its input ${first} has`, 'shape that was', 'it']
      : [`its inputs ${guessed.join(', ')} have`, 'shapes that were', 'them'];
  const sentence = `The model does not say how many dimensions ${have}, and fails with the ${chosen} chosen: give ${them}, for example with --shape ${first}=1,1,1,1.`;
  return new UserError(sentence, EXIT.badInput, { cause });
}

/** Like {@link explainCallError}; what is not understood becomes a sentence that the model cannot be loaded. */
export function explainLoadError(error: unknown, model: string): UserError {
  const explained = explainCallError(error);
  if (explained instanceof UserError) return explained;
  if (error instanceof RangeError && /call stack/.test(error.message)) return nestedTooDeeply(error);
  const reason = reasonLine(error);
  return new UserError(`The model ${model} cannot be loaded: ${reason.trim().replace(/\.$/, '')}.`, EXIT.badInput, { cause: error });
}

/** Of a topology whose levels exhaust the stack: which function meets that first depends on the version of V8. */
export function nestedTooDeeply(cause: RangeError): UserError {
  return new UserError('The modelTopology is damaged, because it is nested too deeply: convert or copy the model again.', EXIT.badInput, {
    cause,
  });
}
