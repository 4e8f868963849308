import { recurringPart } from '../../../analyse/findings/one-time.js';
import { largestSelfShifts, selfShift } from '../../../analyse/findings/shifts.js';
import { topFrames } from '../../../analyse/findings/top-frames.js';
import type { ForeignProfile, ProfileComparison } from '../../../model/foreign.js';
import { code, figureColumn, words, type Table } from '../../table.js';
import { STAGE_LABELS, formatCount, formatShare, formatTime } from '../../words.js';
import { NO_OWN_TIME, shiftWords } from './headline.js';

/** A table, and what to say in place of one without rows. */
export interface ProfileFrameTable extends Table {
  readonly empty: string;
}

/** Frames with the most time of their own. */
export function topFramesTable(profile: ForeignProfile, most: number): ProfileFrameTable {
  const { tree, unit } = profile;
  const oneTime = new Set(recurringPart(profile).frames.map(({ name }) => name));
  const amount = (value: number): string => (unit === 'time' ? formatTime(value) : formatCount(value));
  return {
    empty: NO_OWN_TIME,
    columns: [code('Frame'), words('stage'), ...['total', 'self', 'share', 'seen'].map(figureColumn)],
    rows: topFrames(tree, most).map(({ name, stage, totalNanos, selfNanos, share, count }) => [
      name,
      `${STAGE_LABELS[stage]}${oneTime.has(name) ? ', one-time' : ''}`,
      amount(totalNanos),
      amount(selfNanos),
      formatShare(share),
      count === null ? '–' : `${formatCount(count)}×`,
    ]),
  };
}

/** Frames whose own time moved most. */
export function shiftsTable(comparison: ProfileComparison, most: number): ProfileFrameTable {
  const { basis, diff } = comparison;
  const whole = Math.max(1, diff.baseline.totalNanosPerCall);
  const amount = (value: number): string => (basis === 'time' ? formatTime(value) : formatShare(value / whole));
  return {
    empty: 'No frame’s own time moved.',
    columns: [code('Frame'), words('stage'), ...['self before', 'self after', 'shift', 'sure'].map(figureColumn)],
    rows: largestSelfShifts(diff, most).map(({ node }) => [
      node.name,
      STAGE_LABELS[node.stage],
      amount(node.baseline.selfNanosPerCall),
      amount(node.candidate.selfNanosPerCall),
      shiftWords(selfShift(node), comparison),
      node.selfSignificant ? 'yes' : 'no',
    ]),
  };
}
