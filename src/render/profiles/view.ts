import type { ForeignProfile, ProfileComparison } from '../../model/foreign.js';

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
  ...(comparisons.length > 0 ? [NO_REPEAT] : []),
  ...new Set(profiles.flatMap(({ notes }) => notes)),
];

const NO_REPEAT = 'One recording a side: what changed on the machine between the two is part of the difference.';
