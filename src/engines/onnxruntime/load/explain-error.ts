import { EXIT, IdsDoNotFit, messageOf, UserError } from '../../../model/errors.js';
import type { Feeds } from './feed.js';

/** Known failures of ONNX Runtime, and what to tell the user. First match wins. */
const EXPLANATIONS: readonly (readonly [RegExp, (match: RegExpExecArray) => string])[] = [
  [
    /Unsupported model IR version: (\d+), max supported IR version: (\d+)/,
    ([, has, most]) =>
      `The model has the IR version ${has}, and this ONNX Runtime reads up to ${most}: use a newer onnxruntime-node, or export the model for an older one.`,
  ],
  [
    /Opset (\d+) is under development and support for this is limited|ONNX Runtime only \*guarantees\* support for models stamped with official released onnx opset versions\. Opset (\d+)/,
    ([, opset, other]) =>
      `The model uses opset ${opset ?? other}, which this ONNX Runtime does not know yet: use a newer onnxruntime-node, or export the model for an older opset.`,
  ],
  [
    /Fatal error: ([\w.:]+)\(-?\d+\) is not a registered function\/op/,
    ([, op]) =>
      `This ONNX Runtime does not have the operation ${op}: use the version that the model was made for, or export it without; onnxruntime-node loads no libraries of further operations.`,
  ],
  [
    /Could not find an implementation for ([\w.]+)\((\d+)\)/,
    ([, op, since]) =>
      `This ONNX Runtime has no CPU kernel for ${op} of opset ${since} with these types: export the model in float32, or for a newer opset.`,
  ],
];

const OUTSIDE_TABLE = /indices element out of data bounds, idx=(-?\d+) must be within the inclusive range \[-?\d+,(-?\d+)\]/;

/** What a failing session or run means to whom it happens; what nobody knows stays as ONNX Runtime says it. */
export function explainError(thrown: unknown, feeds: Feeds = {}): unknown {
  if (thrown instanceof UserError) return thrown;
  const message = messageOf(thrown);
  const outside = OUTSIDE_TABLE.exec(message);
  if (outside !== null) {
    const id = Number(outside[1]);
    const holding = Object.entries(feeds)
      .filter(([, { data }]) => Array.from(data as ArrayLike<number | bigint | string>).some((value) => Number(value) === id))
      .map(([name]) => name);
    const names = holding.length === 0 ? Object.keys(feeds) : holding;
    return new IdsDoNotFit(
      `The ids in the input ${names.join(' or ')} do not fit their table (${id} is not from 0 to ${outside[2]}): give some that do with --input ${names[0] ?? 'x'}=FILE.npy.`,
      EXIT.badInput,
      { cause: thrown },
    );
  }
  for (const [pattern, explain] of EXPLANATIONS) {
    const match = pattern.exec(message);
    if (match !== null) return new UserError(explain(match), EXIT.badInput, { cause: thrown });
  }
  const [input] = Object.keys(feeds);
  const remedy = input === undefined ? '' : `; give inputs that it takes with --input ${input}=FILE.npy`;
  return new UserError(`ONNX Runtime refuses the call: ${plain(message)}${remedy}.`, EXIT.badInput, { cause: thrown });
}

/** Without the place in its sources, its log prefix and the final full stop. */
const plain = (message: string): string =>
  (message.split('\n')[0] ?? '')
    .replace(/\S*onnxruntime\S*\.(?:cc|h):\d+ .*?(?=Status Message:|: )/g, '')
    .replace(/^(?:Error: )?(?:failed to call \w+\(\)\.?\s*)?ERROR_CODE: \d+, ERROR_MESSAGE: /i, '')
    .replace(/\.\s*$/, '')
    .trim();
