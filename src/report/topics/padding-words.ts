import type { PaddingPlan } from '../../model/signatures.js';
import { formatTime } from '../words.js';

/** A padding plan as a sentence, with the calls and times it is drawn from. */
export function paddingSentence({ variant, pattern, sizes, buckets, nowNanos, paddedNanos }: PaddingPlan): string {
  const calls = sizes.reduce((sum, size) => sum + size.calls, 0);
  const seen = sizes.map(({ batch, calls: times }) => `${batch} (${times}×)`).join(', ');
  const saved = Math.round((1 - paddedNanos / nowNanos) * 100);
  return (
    `Pad the batch of ${pattern} to ${buckets.join(', ')} with ${variant}: the ${calls} measured calls would have taken ${formatTime(paddedNanos)} instead of ${formatTime(nowNanos)} (${saved} % less). ` +
    `Batches seen: ${seen}. It holds where the rows of a batch do not depend on each other.`
  );
}
