import type { CallPoint } from '../../../model/analysis.js';

export interface PlacedPoint {
  readonly point: CallPoint;
  /** Place in the full series. */
  readonly index: number;
}

/**
 * Fewer points that still show what matters: of each equal stretch the slowest and the fastest are kept, and every
 * cold or failed call whatever the limit.
 */
export function thinPoints(points: readonly CallPoint[], most: number): readonly PlacedPoint[] {
  const placed = points.map((point, index) => ({ point, index }));
  if (points.length <= most) return placed;
  const stretch = Math.ceil(points.length / (most / 2));
  const kept: PlacedPoint[] = [];
  for (let from = 0; from < placed.length; from += stretch) kept.push(...thinStretch(placed.slice(from, from + stretch)));
  return kept;
}

function thinStretch(stretch: readonly PlacedPoint[]): readonly PlacedPoint[] {
  const ordinary = stretch.filter(({ point }) => point.temperature === 'warm' && point.error === undefined);
  const slowest = ordinary.reduce<PlacedPoint | undefined>(
    (a, b) => (a !== undefined && a.point.latencyNanos >= b.point.latencyNanos ? a : b),
    undefined,
  );
  const fastest = ordinary.reduce<PlacedPoint | undefined>(
    (a, b) => (a !== undefined && a.point.latencyNanos <= b.point.latencyNanos ? a : b),
    undefined,
  );
  return stretch.filter((p) => p === slowest || p === fastest || p.point.temperature !== 'warm' || p.point.error !== undefined);
}
