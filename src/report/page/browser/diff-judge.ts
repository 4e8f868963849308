import { at, type Frames } from './frames.js';

export type Measure = 'total' | 'self';
export type Unit = 'time' | 'share';
export type WidthBy = 'both' | 'baseline' | 'candidate' | 'change';

/** What the frames' colours say, row for row. Nanoseconds per call, or shares of the call when the unit is share. */
export interface Judgements {
  readonly before: Float64Array;
  readonly after: Float64Array;
  readonly shift: Float64Array;
  /** Half the width of the shift's interval. */
  readonly half: Float64Array;
  /** 1 where the shift may be coloured. */
  readonly sure: Uint8Array;
}

/** Shift of share below which a frame stays grey whatever the interval says. */
const SHARE_THRESHOLD = 0.005;

/**
 * Which shifts may be coloured. In time that is what the analysis says (false discoveries controlled over all frames).
 * Shares and groups are derived here and must clear zero by their own, wider interval besides: being derived never makes
 * a frame more certain.
 */
export function judgeFrames(frames: Frames, measure: Measure, unit: Unit): Judgements {
  const [first, second] = scales(frames, unit);
  const [baseline = NONE, candidate = NONE] = measure === 'total' ? frames.total : frames.self;
  const before = baseline.map((value) => value * first);
  const after = candidate.map((value) => value * second);
  const shift = after.map((value, row) => value - at(before, row));
  const doubt = frames.doubt?.[measure];
  const half = doubt?.half.map((value) => value * Math.max(first, second)) ?? new Float64Array(frames.length);
  const sure = new Uint8Array(frames.length);
  for (let row = 0; row < frames.length; row++) {
    const size = Math.abs(at(shift, row));
    const matters = size > 0 && (unit === 'time' || size >= SHARE_THRESHOLD);
    sure[row] = matters && size > at(half, row) && at(doubt?.significant ?? [], row) > 0 ? 1 : 0;
  }
  return { before, after, shift, half, sure };
}

const NONE = new Float64Array();

/** Factors on the times of both sides. */
function scales({ total }: Frames, unit: Unit): readonly [number, number] {
  const scale = (side: number): number => (unit === 'share' ? 1 / Math.max(1e-9, at(total[side] ?? [], 0)) : 1);
  return [scale(0), scale(1)];
}

/** Own width of each frame: one side, the larger of both (nothing vanishes), or the sum of rises and falls. */
export function diffWidths(frames: Frames, by: WidthBy, unit: Unit): Float64Array {
  const [first, second] = scales(frames, unit);
  return Float64Array.from({ length: frames.length }, (_, row) => {
    const before = at(frames.self[0] ?? [], row) * first;
    const after = at(frames.self[1] ?? [], row) * second;
    if (by === 'baseline') return before;
    if (by === 'candidate') return after;
    return by === 'both' ? Math.max(before, after) : Math.abs(after - before);
  });
}
