import { recurringPart } from '../../../analyse/findings/one-time.js';
import { largestSelfShifts, selfShift } from '../../../analyse/findings/shifts.js';
import { topFrames } from '../../../analyse/findings/top-frames.js';
import type { ForeignProfile, ProfileComparison } from '../../../model/foreign.js';
import { profilesHeadline } from './headline.js';
import { notesOf, type ProfilesView } from './view.js';

/** Version of the object; a reader that knows only older ones must refuse. */
const PROFILES_VERSION = 1;
const MAX_FRAMES = 50;

/** What `view --json` and `compare --json` print for files of other tools; amounts are nanoseconds, or counts where `unit` says so. */
export const profilesObject = (view: ProfilesView) => ({
  profilesVersion: PROFILES_VERSION,
  headline: profilesHeadline(view),
  profiles: view.profiles.map(profileObject),
  comparisons: view.comparisons.map(comparisonObject),
  criticalPaths: view.paths.map(({ profile, path }) => ({
    profile,
    traces: path.traces,
    total: path.totalNanos,
    besideSpans: path.besideSpans,
    outsideSpans: path.outsideSpans,
    apartSpans: path.apartSpans,
    spans: path.frames.slice(0, MAX_FRAMES).map(({ name, nanos, spans }) => ({ name, nanos, spans })),
  })),
  notes: notesOf(view),
});

function profileObject(profile: ForeignProfile) {
  const { name, format, unit, taken, tree } = profile;
  return {
    name,
    format,
    unit: unit === 'time' ? 'nanoseconds' : 'count',
    taken,
    total: tree.totalNanos,
    frames: topFrames(tree, MAX_FRAMES).map(({ name: frame, stage, totalNanos, selfNanos, share, count }) => ({
      name: frame,
      stage,
      total: totalNanos,
      self: selfNanos,
      share,
      count,
    })),
    oneTime: recurringPart(profile).frames.map(({ name: frame, totalNanos }) => ({ name: frame, total: totalNanos })),
  };
}

/** By share, the candidate's amounts are stretched so that both wholes are equal. */
const comparisonObject = ({ baseline, candidate, basis, ratio, diff }: ProfileComparison) => ({
  baseline,
  candidate,
  basis,
  ratio,
  frames: largestSelfShifts(diff, MAX_FRAMES).map(({ path, node }) => ({
    path,
    stage: node.stage,
    selfBefore: node.baseline.selfNanosPerCall,
    selfAfter: node.candidate.selfNanosPerCall,
    shift: selfShift(node),
    interval: node.selfInterval,
    significant: node.selfSignificant,
  })),
});
