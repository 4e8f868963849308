import type { InputSpec } from './arrays.js';
import { channelsFirst, roleOf } from './role.js';

/** Sides of a picture, samples of audio (one second of 16 kHz), steps of a sequence: what is most often asked for. */
const SIDE = 224;
const SAMPLES = 16_000;
const STEPS = 16;
const FRAMES = 8;
const COLOURS = 3;

/** Whether a length besides the batch must be chosen. */
export const hasOpenLength = (spec: InputSpec): boolean =>
  spec.unknownRank === true ||
  (spec.carriesState !== true && byName(spec, 1).some((length, at) => length === -1 && (at > 0 || spec.shape.length === 1)));

/** A sensible length for each unknown dimension but the first, which is the batch; `length` in its place where that is known not to fit. */
export function sensibleShape(spec: InputSpec, batch: number, length?: number): readonly number[] {
  const shape = byName(spec, batch);
  const role = roleOf({ ...spec, shape });
  if (spec.carriesState === true) return shape.map((length) => (length === -1 ? batch : length));
  if (spec.unknownRank === true) return role === 'share' ? [] : [batch, length ?? STEPS];
  const open = length ?? (role === 'audio' ? SAMPLES : STEPS);
  const batchFirst = role !== 'audio' || shape.length > 1;
  if (role !== 'image') return shape.map((known, at) => (known !== -1 ? known : at === 0 && batchFirst ? batch : open));
  return imageShape(shape, batch, length ?? SIDE);
}

/** What the name of a dimension tells: a batch wherever it stands, and nothing yet of what calls before left. */
function byName({ shape, dimensions = [] }: InputSpec, batch: number): readonly number[] {
  return shape.map((length, axis) => {
    const name = dimensions[axis] ?? '';
    if (length !== -1 || name === '') return length;
    if (/^(batch|n|batch_?size|bs)$/i.test(name)) return batch;
    return /^past/i.test(name) && !name.includes('+') ? 0 : length;
  });
}

function imageShape(shape: readonly number[], batch: number, open: number): readonly number[] {
  const first = channelsFirst(shape);
  const channelAt = first ? 1 : shape.length - 1;
  const [rowsAt, columnsAt] = first ? [2, 3] : [shape.length - 3, shape.length - 2];
  // One known side tells the other.
  const side = Math.max(shape[rowsAt] ?? -1, shape[columnsAt] ?? -1);
  return shape.map((length, at) => {
    if (length !== -1) return length;
    if (at === rowsAt || at === columnsAt) return side === -1 ? open : side;
    if (at === channelAt) return COLOURS;
    return at === 0 ? batch : FRAMES;
  });
}
