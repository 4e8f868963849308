import { analyse } from '../analyse/analyse.js';
import type { ForeignProfile } from '../model/foreign.js';
import type { Recording } from '../model/recording.js';
import type { OpenedRun } from './open-run.js';

/** Whatever was opened, as profiles: a run's variants are its mean warm calls. For a run beside another tool's file. */
export const profilesOfOpened = (opened: OpenedRun): readonly ForeignProfile[] =>
  opened.kind === 'profiles' ? opened.profiles : profilesOfRun(opened.recordings);

const profilesOfRun = (recordings: readonly Recording[]): readonly ForeignProfile[] =>
  analyse(recordings)
    .variants.filter(({ calls }) => calls > 0)
    .map(({ key, tree }) => ({
      name: key,
      format: 'inferscope' as const,
      unit: 'time' as const,
      taken: 'measured' as const,
      tree,
      notes: [],
    }));
