/** How many times as much, without the sign, in three figures: `0.0931`, `1.02`, `12.3`, `3,330`; `∞` for a bound that says nothing. */
export function formatMultiple(value: number): string {
  if (value >= 1e6) return '∞';
  return value >= 999.5 ? Number(value.toPrecision(3)).toLocaleString('en-US') : value.toPrecision(3);
}

/** From here on a difference is said as a multiple. */
export const MIN_TIMES = 1.5;
export const timesOf = (ratio: number): number => (ratio < 1 ? 1 / ratio : ratio);

/** The difference that is said of a ratio, as a share: 0.27 of `27 % faster`, 2.9 of `3.9× faster`. */
export const shownDifference = (ratio: number): number => (timesOf(ratio) >= MIN_TIMES ? timesOf(ratio) - 1 : Math.abs(1 - ratio));
