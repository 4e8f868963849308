/** How many times as much, without the sign, in three figures: `0.0931`, `1.02`, `12.3`, `3,330`; `∞` for a bound that says nothing. */
export function formatMultiple(value: number): string {
  if (value >= 1e6) return '∞';
  return value >= 999.5 ? Number(value.toPrecision(3)).toLocaleString('en-US') : value.toPrecision(3);
}
