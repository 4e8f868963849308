import { type HeldTensors, type Leak, leaksIn, mergeLeaks } from '../model/held-tensors.js';
import type { Recording } from '../model/recording.js';

/**
 * Leaks of a program's processes: of the looks at the tensors of each copy of tfjs in them the last one counts. Undefined where
 * nobody looked.
 */
export function leaksOf(recordings: readonly Pick<Recording, 'details'>[]): readonly Leak[] | undefined {
  const looks = recordings.flatMap(lastLooks);
  return looks.length === 0 ? undefined : mergeLeaks(looks.flatMap(leaksIn));
}

function lastLooks({ details }: Pick<Recording, 'details'>): readonly HeldTensors[] {
  const last = new Map<number, HeldTensors>();
  for (const { held } of details) if (held !== undefined) last.set(held.engine ?? 0, held);
  return [...last.values()];
}
