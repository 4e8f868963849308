import type { LoopFigure } from '../../model/analysis.js';

/** A kernel of a loop's body, all its iterations in one traced call. */
export interface LoopExtent {
  readonly iterations: number;
  readonly nanos: number;
  readonly shortestNanos: number;
  readonly longestNanos: number;
}

export const loopExtent = ({ iterationNanos }: LoopFigure): LoopExtent => ({
  iterations: iterationNanos.length,
  nanos: loopNanos(iterationNanos),
  shortestNanos: iterationNanos.reduce((least, nanos) => Math.min(least, nanos), iterationNanos[0] ?? 0),
  longestNanos: iterationNanos.reduce((most, nanos) => Math.max(most, nanos), 0),
});

export const loopNanos = (iterationNanos: readonly number[]): number => iterationNanos.reduce((sum, nanos) => sum + nanos, 0);
