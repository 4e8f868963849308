import { recurringPart } from '../../../analyse/findings/one-time.js';
import type { ForeignProfile } from '../../../model/foreign.js';
import { formatShare, formatTime } from '../../words.js';

/** How much of a profile was one-time work, and of what; null where there was none. */
export function oneTimeWords(profile: ForeignProfile): string | null {
  const { frames, onceNanos, onceShare } = recurringPart(profile);
  if (frames.length === 0) return null;
  return `${formatTime(onceNanos)} (${formatShare(onceShare)}) is one-time work: ${frames.map(({ name, totalNanos }) => `${name} ${formatTime(totalNanos)}`).join(', ')}`;
}
