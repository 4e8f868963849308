import type { CallPoint } from '../../model/analysis.js';
import type { VariantTree } from './variant-tree.js';

/** Why a call is shown in full. */
const REASONS = ['first call', 'slowest', 'median', 'kernels traced', 'longest garbage collection', 'fastest', 'failed', 'sample'] as const;
type Reason = (typeof REASONS)[number];

export interface PickedCall {
  /** Index of the variant in the analysis. */
  readonly variant: number;
  /** Place in the variant's timeline. */
  readonly place: number;
  readonly point: CallPoint;
  /** Its first reason, and its pause where it stands out by that too. */
  readonly reasons: readonly Reason[];
}

/** Evenly spaced calls besides those that stand out. */
const SAMPLES = 3;

/**
 * The calls of every variant that say most, the most telling reasons first: each variant gets its first call before any
 * gets its slowest. A call is picked once.
 */
export function pickCalls(variants: readonly VariantTree[]): readonly PickedCall[] {
  const picked = new Map<CallPoint, PickedCall>();
  for (const reason of REASONS) {
    variants.forEach(({ timeline = [], tree }, variant) => {
      const places = reason === 'slowest' && tree.calls !== undefined ? tree.calls.slowest : placesFor(reason, timeline);
      for (const place of places) {
        const point = timeline[place];
        if (point === undefined) continue;
        const known = picked.get(point);
        if (known === undefined) picked.set(point, { variant, place, point, reasons: [reason] });
        else if (reason === 'longest garbage collection') picked.set(point, { ...known, reasons: [...known.reasons, reason] });
      }
    });
  }
  return [...picked.values()];
}

function placesFor(reason: Reason, timeline: readonly CallPoint[]): readonly number[] {
  const places = timeline.map((_, place) => place);
  const where = (keep: (point: CallPoint) => boolean): number[] => places.filter((place) => keepAt(timeline, place, keep));
  const ordinary = (point: CallPoint): boolean => point.temperature === 'warm' && !point.traced && point.error === undefined;
  const bySpeed = (): number[] => where(ordinary).sort((a, b) => (timeline[a]?.latencyNanos ?? 0) - (timeline[b]?.latencyNanos ?? 0));
  switch (reason) {
    case 'first call':
      return where(({ temperature }) => temperature !== 'warm').slice(0, 2);
    case 'slowest':
      return bySpeed().slice(-2).reverse();
    case 'median': {
      const sorted = bySpeed();
      return sorted.slice(sorted.length >> 1, (sorted.length >> 1) + 1);
    }
    case 'kernels traced':
      return where(({ traced, temperature }) => traced && temperature === 'warm').slice(0, 2);
    case 'longest garbage collection':
      return where(({ gcNanos }) => gcNanos > 0)
        .sort((a, b) => (timeline[b]?.gcNanos ?? 0) - (timeline[a]?.gcNanos ?? 0))
        .slice(0, 1);
    case 'fastest':
      return bySpeed().slice(0, 1);
    case 'failed':
      return where(({ error }) => error !== undefined).slice(0, 2);
    case 'sample': {
      const calls = where(ordinary);
      return Array.from({ length: SAMPLES }, (_, i) => calls[Math.floor(((i + 0.5) / SAMPLES) * calls.length)] ?? -1);
    }
  }
}

function keepAt(timeline: readonly CallPoint[], place: number, keep: (point: CallPoint) => boolean): boolean {
  const point = timeline[place];
  return point !== undefined && keep(point);
}
