import type { ForeignProfile, ProfileComparison } from '../../../model/foreign.js';
import { oneTimeWords } from './one-time.js';

/** What a page or text about profiles of other tools shows. */
export interface ProfilesView {
  /** File, or files, it is about. */
  readonly title: string;
  /** Inferscope's version. */
  readonly version: string;
  readonly profiles: readonly ForeignProfile[];
  readonly comparisons: readonly ProfileComparison[];
  readonly confidence: number;
}

/** Notes of all profiles, each once. */
export const notesOf = ({ profiles, comparisons }: ProfilesView): readonly string[] => [
  ...(comparisons.length > 0 ? [NO_REPEAT, ...profiles.flatMap(oneTimeNote)] : []),
  ...new Set(profiles.flatMap(({ notes }) => notes)),
];

/** A comparison is of the wholes. */
function oneTimeNote(profile: ForeignProfile): readonly string[] {
  const words = oneTimeWords(profile);
  return words === null ? [] : [`Of ${profile.name}, ${words}. It is part of what is compared.`];
}

const NO_REPEAT = 'One recording a side: what changed on the machine between the two is part of the difference.';
