import cdf from '@stdlib/stats-base-dists-t-cdf';
import quantile from '@stdlib/stats-base-dists-t-quantile';

/** Half-width of a two-sided interval in standard errors: Student's t with `df` degrees of freedom. */
export const studentReach = (confidence: number, df: number): number => quantile((1 + confidence) / 2, df);

/** Two-sided p-value of `statistic` under Student's t. */
export const studentP = (statistic: number, df: number): number => Math.min(1, 2 * cdf(-Math.abs(statistic), df));

/** An estimate with what is needed for an interval and a test. */
export interface Estimate {
  readonly value: number;
  readonly standardError: number;
  readonly df: number;
}

export function studentInterval({ value, standardError, df }: Estimate, confidence: number): [number, number] {
  if (standardError === 0) return [value, value];
  const reach = studentReach(confidence, df) * standardError;
  return [value - reach, value + reach];
}

/** p-value of "the true value is 0". Without any scatter: 1 for 0, 0 for anything else. */
export function studentTest({ value, standardError, df }: Estimate): number {
  if (standardError === 0) return value === 0 ? 1 : 0;
  return studentP(value / standardError, df);
}

/** Mean of paired differences (two or more). */
export function pairedEstimate(differences: readonly number[]): Estimate {
  const n = differences.length;
  const mean = differences.reduce((sum, one) => sum + one, 0) / n;
  const squares = differences.reduce((sum, one) => sum + (one - mean) ** 2, 0);
  return { value: mean, standardError: Math.sqrt(squares / (n - 1) / n), df: n - 1 };
}

/** Difference `b − a` of two independent means by Welch, each with at least two samples. */
export function welchEstimate(
  a: { readonly mean: number; readonly standardError: number; readonly n: number },
  b: { readonly mean: number; readonly standardError: number; readonly n: number },
): Estimate {
  const varianceA = a.standardError ** 2;
  const varianceB = b.standardError ** 2;
  const sum = varianceA + varianceB;
  const parts = varianceA ** 2 / (a.n - 1) + varianceB ** 2 / (b.n - 1);
  return { value: b.mean - a.mean, standardError: Math.sqrt(sum), df: parts === 0 ? a.n + b.n - 2 : sum ** 2 / parts };
}
