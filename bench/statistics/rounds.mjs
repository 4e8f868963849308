/** Figures of benches that run things in turn, in rounds. */

/** @typedef {{ name: string, value?: number, ratio?: number, low?: number, high?: number, goal?: number }} Result what a bench reports: a value or a ratio, with its interval where it has one */

/** Ratio of two that ran in the same rounds: its median and 95 % interval. */
export function ratio(a, b) {
  const { value: ratio, low, high } = middle(a.map((time, round) => time / b[round]));
  return { ratio, low, high };
}

/**
 * What traced calls took above the mean of the others, as a share of all the time, with its 95 % interval. The mean and
 * no cut at zero: noise would count as tracing otherwise.
 */
export function tracingShare({ traced, plain }) {
  const sum = (values) => values.reduce((total, one) => total + one, 0);
  const mean = (values) => sum(values) / values.length;
  const variance = (values) => (values.length < 2 ? 0 : sum(values.map((one) => (one - mean(values)) ** 2)) / (values.length - 1));
  if (traced.length === 0) return { value: 0, low: 0, high: 0 };
  const all = sum(plain) + sum(traced);
  const excess = sum(traced) - traced.length * mean(plain);
  const error = Math.sqrt(traced.length * variance(traced) + (traced.length ** 2 * variance(plain)) / plain.length);
  const share = (value) => Math.max(0, value) / all;
  return { value: share(excess), low: share(excess - 1.96 * error), high: share(excess + 1.96 * error) };
}

/** Median and its 95 % interval by order statistics. */
export function middle(values) {
  const sorted = [...values].sort((x, y) => x - y);
  const half = 0.98 * Math.sqrt(sorted.length);
  const at = (rank) => sorted[Math.min(sorted.length - 1, Math.max(0, Math.round(rank)))];
  const center = (sorted.length - 1) / 2;
  return { value: at(center), low: at(center - half), high: at(center + half) };
}
