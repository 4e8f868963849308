/** How many times as much, without the sign: `0.093`, `0.12`, `3.88`, `12.3`, `3330`; `∞` for a bound that says nothing. */
export const formatMultiple = (value: number): string =>
  value >= 1e6
    ? '∞'
    : value >= 100
      ? String(Number(value.toPrecision(3)))
      : value >= 10
        ? value.toFixed(1)
        : value < 0.1
          ? value.toPrecision(2)
          : value.toFixed(2);
