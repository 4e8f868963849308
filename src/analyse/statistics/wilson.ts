import normalQuantile from '@stdlib/stats-base-dists-normal-quantile';

/** Wilson's interval of a rate: `hits` of `trials` (one or more). Stays within 0..1 and says something at 0 hits too. */
export function wilsonInterval(hits: number, trials: number, confidence: number): readonly [number, number] {
  const z = normalQuantile((1 + confidence) / 2, 0, 1);
  const rate = hits / trials;
  const middle = (rate + z ** 2 / (2 * trials)) / (1 + z ** 2 / trials);
  const reach = (z / (1 + z ** 2 / trials)) * Math.sqrt((rate * (1 - rate)) / trials + z ** 2 / (4 * trials ** 2));
  return [Math.max(0, middle - reach), Math.min(1, middle + reach)];
}
