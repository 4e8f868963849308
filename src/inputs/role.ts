import type { InputSpec } from './arrays.js';
import { isFloat } from './carriers.js';

/** What an input most likely carries, told from its dtype, shape and name: decides on made-up values and sizes. */
export type InputRole = 'ids' | 'image' | 'audio' | 'length' | 'share' | 'mask' | 'choice' | 'zero' | 'values';

const CHANNELS = [1, 3, 4];
const INTEGERS = ['int8', 'uint8', 'int16', 'uint16', 'int32', 'uint32', 'int64', 'uint64'];

const AUDIO = /audio|wave|pcm|samples|speech/i;
const LENGTH = /(^|[_/.])(lens?|lengths?|seq_?len|sequence_?lengths?|num_\w+)($|[_:/.\d])|Length/;
/** A share of one: thresholds, ratios, probabilities. */
const SHARE = /ratio|threshold|prob|alpha|rate|scale|temperature/i;
const MASK = /mask/i;
/** What must be off, or 0, in inference. */
const ZERO = /training|is_train|learning_phase|use_cache|segment|token_?type|type_ids|position/i;

/** The role of an input. `ids` only where the table that they index is known. */
export function roleOf(spec: InputSpec): InputRole {
  const { name, dtype, shape, indexLimit } = spec;
  if (spec.carriesState === true) return 'zero';
  if (spec.choices !== undefined && spec.choices.length > 0) return 'choice';
  if (dtype === 'bool') return ZERO.test(name) ? 'zero' : 'values';
  const whole = INTEGERS.includes(dtype);
  if (indexLimit !== undefined) return whole && ZERO.test(name) ? 'zero' : 'ids';
  if ((whole || isFloat(dtype)) && MASK.test(name) && !isImage(spec)) return 'mask';
  if (whole && ZERO.test(name) && shape.length > 0) return 'zero';
  if (whole && LENGTH.test(name) && shape.length < 2) return 'length';
  if (isFloat(dtype) && shape.length < 2 && shape.every((size) => size === 1) && SHARE.test(name)) return 'share';
  if (isImage(spec)) return 'image';
  return isFloat(dtype) && AUDIO.test(name) ? 'audio' : 'values';
}

/** A picture: rows, columns and 1, 3 or 4 channels, last or first after the batch; three dimensions only where the name says so. */
function isImage({ name, shape, unknownRank }: InputSpec): boolean {
  if (unknownRank === true) return false;
  if (shape.length === 3) return /image|img|picture|photo|frame/i.test(name) && CHANNELS.includes(shape[2] ?? 0);
  if (shape.length === 5) return CHANNELS.includes(shape[4] ?? 0);
  return shape.length === 4 && (channelsLast(shape) || channelsFirst(shape));
}

const channelsLast = (shape: readonly number[]): boolean =>
  CHANNELS.includes(shape.at(-1) ?? 0) || (shape.at(-1) === -1 && shape.at(-2) === -1);

/** `[batch, 3, height, width]`, as models from PyTorch have it. */
export const channelsFirst = (shape: readonly number[]): boolean =>
  shape.length === 4 && CHANNELS.includes(shape[1] ?? 0) && !CHANNELS.includes(shape[3] ?? 0);
