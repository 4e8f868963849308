import { type Leak, leaksIn } from '../model/held-tensors.js';
import type { Recording } from '../model/recording.js';

/** Leaks of a program's process: of the looks at its tensors the last one counts. */
export function leaksOf({ details }: Pick<Recording, 'details'>): readonly Leak[] {
  const held = details.findLast((detail) => detail.held !== undefined)?.held;
  return held === undefined ? [] : leaksIn(held);
}
