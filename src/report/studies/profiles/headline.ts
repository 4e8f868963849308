import { recurringPart } from '../../../analyse/findings/one-time.js';
import { flatten, surestShifts } from '../../../analyse/findings/shifts.js';
import { topFrames, type TopFrame } from '../../../analyse/findings/top-frames.js';
import { waitedMost, type WaitedMost } from '../../../analyse/findings/waited.js';
import type { ProfileComparison } from '../../../model/foreign.js';
import { sentenceCase, type Headline } from '../../topics/verdict.js';
import { formatChange, formatCount, formatRatio, formatShare, formatTime } from '../../words.js';
import { oneTimeWords } from './one-time.js';
import type { ProfilesView } from './view.js';

/** What is said of a profile without a frame to show. */
export const NO_OWN_TIME = 'No frame has any time of its own.';

/** The first thing a reader sees about profiles of other tools. */
export function profilesHeadline(view: ProfilesView): Headline {
  const [comparison] = view.comparisons;
  if (comparison !== undefined) return compared(comparison);
  const [profile] = view.profiles;
  const frames = profile === undefined ? [] : topFrames(recurringPart(profile).tree, Infinity);
  const top = frames.find((frame) => !isWaiting(frame)) ?? frames[0];
  if (profile === undefined || top === undefined)
    return { use: 'This profile is empty.', sure: NO_OWN_TIME, act: 'Record again, for longer.', tone: 'unsure' };
  const size = profile.unit === 'time' ? formatTime(profile.tree.totalNanos) : `${formatCount(profile.tree.totalNanos)} counts`;
  const oneTime = oneTimeWords(profile);
  const sure = `${sentenceCase(profile.taken === 'samples' ? 'sampled' : 'measured')}, ${size} in all${oneTime === null ? '' : `, of which ${oneTime}`}.${view.profiles.length > 1 ? ` It is one of ${view.profiles.length} profiles here.` : ''}`;
  if (isIdle(top.name))
    return {
      use: `No JavaScript ran while ${profile.name} was recorded.`,
      sure,
      act: 'Record while the program works; what ran in native threads is not in such a profile.',
      tone: 'unsure',
    };
  const path = view.paths.find((one) => one.profile === profile.name)?.path;
  const waited = path === undefined ? null : waitedMost(path, top);
  if (waited !== null) return { ...waitedFor(waited, profile.name, top.name), sure, tone: 'even' };
  const idle = frames.find(({ name }) => isIdle(name));
  const whole = `${oneTime === null ? '' : 'the calls in '}${profile.name}`;
  return {
    use:
      top.share > 1
        ? `${top.name} takes ${formatTime(top.selfNanos)} within the ${formatTime(top.selfNanos / top.share)} of ${whole}: several ran at once.`
        : `${top.name} takes ${formatShare(top.share)} of ${whole}${idle === undefined ? '' : `, which was idle for ${formatShare(idle.share)}`}.`,
    sure,
    act: `${actOn(top.name)}${oneTime === null ? '' : ' The one-time work is paid once per process: keep the model loaded for all calls.'}`,
    tone: 'even',
  };
}

/** Of traces: what to look at, and what of it nobody waited for. */
function waitedFor(waited: WaitedMost, name: string, top: string): Pick<Headline, 'use' | 'act'> {
  const { heavier } = waited;
  const most =
    heavier === null
      ? ''
      : ` ${top} takes more, ${formatTime(heavier.nanos)}, ${heavier.waitedNanos === 0 ? 'but nobody waited for it' : `but only ${formatTime(heavier.waitedNanos)} of it was waited for`}.`;
  return {
    use: `${waited.name} takes ${formatShare(waited.share)} of what ${name} waited for.`,
    act: `Look at ${waited.name} first: ${formatTime(waited.nanos)} of the critical path is its own.${most}`,
  };
}

/** What V8 calls `(program)` has no frames below it. */
const actOn = (name: string): string =>
  name === '(program)'
    ? 'Run the program under `inferscope run`: (program) is native code, which V8 does not name.'
    : `Look at ${name} first; what it is called by is in the flamegraph.`;

/** V8's sample of a thread that waits. */
const isIdle = (name: string): boolean => name === '(idle)';

/** Idle, or a span in which nothing need have run, such as the lifetime of a promise; native code ran. */
const isWaiting = ({ name, stage }: TopFrame): boolean => isIdle(name) || (stage === 'unexplained' && name !== '(program)');

function compared(comparison: ProfileComparison): Headline {
  const { ratio, basis, diff } = comparison;
  const [most] = surestShifts(diff, diff.significant ? 2 : 1).filter(({ node }) => node !== diff);
  return {
    use:
      basis === 'time' && ratio !== null
        ? `${comparison.candidate} ${wholeWords(ratio)} ${comparison.baseline}${most === undefined && !isEven(ratio) ? ', which may be chance' : ''}.`
        : `${comparison.candidate} spends its time ${most === undefined ? 'like' : 'otherwise than'} ${comparison.baseline}.`,
    sure: sureWords(comparison),
    act:
      most === undefined
        ? 'Record both sides several times: nothing here stands out from the noise.'
        : `Look at ${most.node.name}: ${shiftWords(most.node.shiftNanos, comparison)}.`,
    tone: most === undefined ? 'unsure' : 'even',
  };
}

const isEven = (ratio: number): boolean => Math.abs(ratio - 1) < 0.0005;
const wholeWords = (ratio: number): string => (isEven(ratio) ? 'takes as long as' : `is ${formatRatio(ratio)} than`);

/** How many frames differ beyond their own noise. */
export function sureWords({ basis, diff }: ProfileComparison): string {
  const frames = flatten(diff);
  const sure = frames.filter(({ node }) => node.significant).length;
  return `${formatCount(sure)} of ${formatCount(frames.length)} frames changed significantly${basis === 'share' ? ' in their share' : ''}.`;
}

/** A shift with its sign, as time or as points of share. */
export function shiftWords(nanos: number, { basis, diff }: ProfileComparison): string {
  if (basis === 'time') return formatChange(nanos, formatTime);
  return `${formatChange(nanos / Math.max(1, diff.baseline.totalNanosPerCall), formatShare)} of the whole`;
}
