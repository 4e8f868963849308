import { type Frame, framesOf, graftTraced } from './frames.js';
import type { Gathered } from './gather.js';
import type { VariantData } from './variant-data.js';

/** The call tree of a variant: times from untraced calls, kernels inside a session run from traced ones. */
export function variantFrames(data: VariantData, { names, details }: Gathered): Frame {
  const timed = framesOf(data.timed, names, details, data.variant.call);
  const traced = framesOf(data.traced, names, details, data.variant.call);
  return graftTraced(timed, traced);
}
