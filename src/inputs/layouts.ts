import type { ArrayData } from './arrays.js';

/** Where the channels of images come to stand, seen from the other layout: `last`: from [n,c,h,w] to [n,h,w,c]. */
export type ChannelsMove = 'last' | 'first';

/** More channels than a picture has could as well be something else. */
const MAX_CHANNELS = 4;

/**
 * How images of shape `from` lie in `to`; null where it is not certain that they are the same images: both have four dimensions, the
 * channels are at most so many, and every other length is the same or left open (-1).
 */
export function channelsMove(from: readonly number[], to: readonly number[], maxChannels = MAX_CHANNELS): ChannelsMove | null {
  const moved = (order: readonly number[]): boolean =>
    from.length === 4 && to.length === 4 && order.every((axis, at) => from[axis] === to[at] || from[axis] === -1 || to[at] === -1);
  const channels = (size: number | undefined): boolean => size !== undefined && size >= 1 && size <= maxChannels;
  if (moved(ORDER.last) && channels(from[1]) && from[1] === to[3]) return 'last';
  if (moved(ORDER.first) && channels(from[3]) && from[3] === to[1]) return 'first';
  return null;
}

/** The axis of the one layout at each place of the other. */
const ORDER = { last: [0, 2, 3, 1], first: [0, 3, 1, 2] } as const;

/** The shape that images of this shape have in the layout from which the channels `move`. */
export const beforeMove = (shape: readonly number[], move: ChannelsMove): number[] =>
  ORDER[move === 'last' ? 'first' : 'last'].map((axis) => shape[axis] ?? 0);

/** Values of images with the channels moved. `from`: their shape before. */
export function moveChannels<T extends Exclude<ArrayData, readonly unknown[]>>(data: T, from: readonly number[], move: ChannelsMove): T {
  const [images = 0, a = 0, b = 0, c = 0] = from;
  const [channels, pixels] = move === 'last' ? [a, b * c] : [c, a * b];
  const moved = data.slice() as T;
  for (let image = 0; image < images; image += 1)
    for (let channel = 0; channel < channels; channel += 1)
      for (let pixel = 0; pixel < pixels; pixel += 1) {
        const first = (image * channels + channel) * pixels + pixel;
        const last = (image * pixels + pixel) * channels + channel;
        const [read, write] = move === 'last' ? [first, last] : [last, first];
        moved[write] = data[read] ?? 0;
      }
  return moved;
}
