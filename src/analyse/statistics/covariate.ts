import type { Estimate } from './student.js';

/** One unit: what is compared (`y`) and what it may follow (`x`). */
export interface Paired {
  readonly x: number;
  readonly y: number;
}

/**
 * Difference `b − a` of `y` at equal `x` (analysis of covariance, one slope for both groups), fitted by least squares.
 * @returns null with too few units (4 together) or without any scatter of `x` inside the groups
 */
export function covariateEstimate(a: readonly Paired[], b: readonly Paired[]): Estimate | null {
  const df = a.length + b.length - 3;
  if (df < 1 || a.length === 0 || b.length === 0) return null;
  const groups = [a, b].map((group) => ({ group, x: mean(group.map(({ x }) => x)), y: mean(group.map(({ y }) => y)) }));
  const sum = (of: (dx: number, dy: number) => number): number =>
    groups.reduce((all, { group, x, y }) => all + group.reduce((s, one) => s + of(one.x - x, one.y - y), 0), 0);
  const sxx = sum((dx) => dx * dx);
  if (sxx <= 1e-12) return null;
  const sxy = sum((dx, dy) => dx * dy);
  const [before, after] = groups;
  if (before === undefined || after === undefined) return null;
  const apart = after.x - before.x;
  const variance = Math.max(0, sum((_, dy) => dy * dy) - sxy ** 2 / sxx) / df;
  return {
    value: after.y - before.y - (sxy / sxx) * apart,
    standardError: Math.sqrt(variance * (1 / a.length + 1 / b.length + apart ** 2 / sxx)),
    df,
  };
}

const mean = (values: readonly number[]): number => values.reduce((sum, value) => sum + value, 0) / values.length;
