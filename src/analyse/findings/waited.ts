import type { TracePath } from '../../model/span-traces.js';
import type { TopFrame } from './top-frames.js';

/** Of traces: the span that was waited for longest. */
export interface WaitedMost {
  readonly name: string;
  readonly nanos: number;
  readonly share: number;
  /** Another frame has more time of its own, of which so much was waited for; null where it is the same, or has less. */
  readonly heavier: { readonly nanos: number; readonly waitedNanos: number } | null;
}

/** `top`: the frame with the most time of its own, which this need not be. Null without a span on the path. */
export function waitedMost({ totalNanos, frames }: TracePath, top: TopFrame): WaitedMost | null {
  const [waited] = frames;
  if (waited === undefined) return null;
  // On the path, a span's service stands before its name.
  const ofTop = frames.filter(({ name }) => name === top.name || name.endsWith(`: ${top.name}`));
  const waitedNanos = ofTop.reduce((sum, { nanos }) => sum + nanos, 0);
  return {
    name: waited.name,
    nanos: waited.nanos,
    share: waited.nanos / Math.max(1, totalNanos),
    heavier: ofTop.includes(waited) || top.selfNanos <= waited.nanos ? null : { nanos: top.selfNanos, waitedNanos },
  };
}
