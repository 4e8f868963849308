import type { ForeignProfile, ProfileComparison } from '../../../model/foreign.js';
import type { TracePath } from '../../../model/span-traces.js';
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
  /** What each profile's traces waited for; of spans alone, and not of comparisons. */
  readonly paths: readonly ProfilePath[];
}

export interface ProfilePath {
  /** Name of the profile. */
  readonly profile: string;
  readonly path: TracePath;
}

/** Notes of all profiles, each once. */
export const notesOf = ({ profiles, comparisons }: ProfilesView): readonly string[] => [
  ...(comparisons.length > 0 ? [NO_REPEAT, ...profiles.flatMap(oneTimeNote)] : []),
  ...new Set(profiles.flatMap(({ notes }) => notes)),
];

/** Profiles of one file that the other has none of that name for. */
export function aloneSentence(file: string, profiles: readonly string[]): string {
  const [has, is] = profiles.length === 1 ? ['has', 'is'] : ['have', 'are'];
  return `Of ${file}, ${profiles.map((name) => `“${name}”`).join(', ')} ${has} no counterpart of that name in the other file, and ${is} not compared.`;
}

/** A comparison is of the wholes. */
function oneTimeNote(profile: ForeignProfile): readonly string[] {
  const words = oneTimeWords(profile);
  return words === null ? [] : [`Of ${profile.name}, ${words}. It is part of what is compared.`];
}

const NO_REPEAT = 'One recording a side: what changed on the machine between the two is part of the difference.';
