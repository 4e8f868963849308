import { compareProfiles, pairProfiles, type CompareProfilesOptions } from '../analyse/compare-profiles.js';
import { settingsOf } from '../analyse/options.js';
import { tracePath } from '../analyse/trace-path.js';
import type { ForeignProfile } from '../model/foreign.js';
import { aloneSentence, type ProfilesView } from '../report/studies/profiles/view.js';
import { ownVersion } from '../engines/own-version.js';

/** What to show of one file; the two sides of a differential file (`before`, `after`) are compared at once. */
export function viewOfProfiles(title: string, profiles: readonly ForeignProfile[], options: CompareProfilesOptions = {}): ProfilesView {
  const [first, second] = profiles;
  const isDifference =
    profiles.length === 2 && first !== undefined && second !== undefined && /\bbefore\b/.test(first.name) && /\bafter\b/.test(second.name);
  return {
    title,
    version: ownVersion(),
    profiles,
    comparisons: isDifference ? [compareProfiles(first, second, options)] : [],
    confidence: settingsOf(options).confidence,
    paths: profiles.flatMap(({ name, traces }) => (traces === undefined ? [] : [{ profile: name, path: tracePath(traces) }])),
  };
}

/**
 * What to show of two files, profile against profile.
 *
 * @throws UserError when they do not count the same and `options.basis` asks for times.
 */
export function comparisonOfProfiles(
  baseline: readonly ForeignProfile[],
  candidate: readonly ForeignProfile[],
  names: readonly [string, string],
  options: CompareProfilesOptions = {},
): ProfilesView {
  const matched = pairProfiles(baseline, candidate);
  const alone = [
    ...aloneIn(
      baseline,
      matched.map(([left]) => left),
      names[0],
    ),
    ...aloneIn(
      candidate,
      matched.map(([, right]) => right),
      names[1],
    ),
  ];
  const pairs = matched.map(([left, right], i): [ForeignProfile, ForeignProfile] => [
    sided(i === 0 ? { ...left, notes: [...left.notes, ...alone] } : left, names[0], 'baseline'),
    sided(right, names[1], 'candidate'),
  ]);
  return {
    title: `${names[0]} → ${names[1]}`,
    version: ownVersion(),
    profiles: pairs.flat(),
    comparisons: pairs.map(([left, right]) => compareProfiles(left, right, options)),
    confidence: settingsOf(options).confidence,
    paths: [],
  };
}

function aloneIn(all: readonly ForeignProfile[], matched: readonly ForeignProfile[], file: string): readonly string[] {
  const left = all.filter((profile) => !matched.includes(profile)).map(({ name }) => name);
  return left.length === 0 ? [] : [aloneSentence(file, left)];
}

/** Both sides may be called the same: then the side is part of the name. */
function sided(profile: ForeignProfile, file: string, side: 'baseline' | 'candidate'): ForeignProfile {
  return { ...profile, name: profile.name === file ? `${file} (${side})` : `${profile.name} of ${file} (${side})` };
}
