import { never, reasonLine } from '../../model/errors.js';
import type { NotTried, TriedChange } from '../../model/trial.js';

/** What a trial changes, as the recording keeps it: `16 rows per call instead of 2`. */
export function changeWords(change: TriedChange): string {
  switch (change.kind) {
    case 'same-tensors':
      return 'the same input tensors in every call';
    case 'more-rows':
      return `${change.rows} rows per call instead of ${change.insteadOf}`;
    case 'session-threads':
      return `intraOpNumThreads ${change.count} instead of the default`;
    case 'threads':
      return `${change.variable}=${change.count} instead of ${change.insteadOf} threads`;
    case 'spinning':
      return 'threads that spin while they wait';
    case 'in-place':
      return `${change.variant} in its place`;
    case 'buckets':
      return 'batches padded to buckets';
    case 'padded':
      return `batches padded to ${change.sizes.join(', ')}`;
    case 'open-batch':
      return 'one graph for every batch size';
    default:
      return never(change);
  }
}

/** Why a change could not be tried, as a part of a sentence. */
export function notTriedReason(why: NotTried): string {
  switch (why.kind) {
    case 'threw':
      return reasonLine(why.thrown);
    case 'no-such-variant':
      return 'the model has no such variant when it is fed this way';
    case 'rows-depend':
      return 'further rows change the results of the real ones';
    case 'slow-to-build':
      return `building the plain graph took more than ${why.seconds} s, and XLA takes longer`;
    case 'too-few-rounds':
      return 'too few rounds';
    default:
      return never(why);
  }
}
