import { at, type Frames } from './frames.js';

export type Measure = 'total' | 'self';
export type Unit = 'time' | 'share';
export type WidthBy = 'both' | 'baseline' | 'candidate' | 'change';

/** What one frame's colour says. `shift` is nanoseconds per call, or a share of the call when the unit is share. */
export interface Judgement {
  readonly shift: number;
  readonly half: number;
  readonly sure: boolean;
  readonly before: number;
  readonly after: number;
}

/** Shift of share below which a frame stays grey whatever the interval says. */
const SHARE_THRESHOLD = 0.005;

/**
 * Whether a frame's shift may be coloured. In time and total that is what the analysis says (false discoveries
 * controlled over all frames). Self times and shares are derived here and must clear zero by their own, wider
 * interval besides: being derived never makes a frame more certain.
 */
export function judge(frames: Frames, row: number, measure: Measure, unit: Unit): Judgement {
  const columns = measure === 'total' ? frames.total : frames.self;
  const scale = (side: number): number => (unit === 'share' ? 1 / Math.max(1e-9, at(frames.total[side] ?? [], 0)) : 1);
  const before = at(columns[0] ?? [], row) * scale(0);
  const after = at(columns[1] ?? [], row) * scale(1);
  const shift = after - before;
  const { doubt } = frames;
  if (doubt === null) return { shift, half: 0, sure: false, before, after };
  const half = at(measure === 'total' ? doubt.totalHalf : doubt.selfHalf, row) * Math.max(scale(0), scale(1));
  const clears = Math.abs(shift) > half && shift !== 0;
  const matters = unit === 'time' || Math.abs(shift) >= SHARE_THRESHOLD;
  return { shift, half, sure: at(doubt.significant, row) > 0 && clears && matters, before, after };
}

/** Own width of each frame: one side, the larger of both (nothing vanishes), or the sum of rises and falls. */
export function diffWidths(frames: Frames, by: WidthBy, unit: Unit): Float64Array {
  const scale = (side: number): number => (unit === 'share' ? 1 / Math.max(1e-9, at(frames.total[side] ?? [], 0)) : 1);
  const [first, second] = [scale(0), scale(1)];
  return Float64Array.from({ length: frames.length }, (_, row) => {
    const before = at(frames.self[0] ?? [], row) * first;
    const after = at(frames.self[1] ?? [], row) * second;
    if (by === 'baseline') return before;
    if (by === 'candidate') return after;
    return by === 'both' ? Math.max(before, after) : Math.abs(after - before);
  });
}
