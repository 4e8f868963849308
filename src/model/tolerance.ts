/** Largest accepted difference: `absolute + relative × largest magnitude of the expected output`. */
export interface Tolerance {
  readonly absolute: number;
  readonly relative: number;
}

/** How far two lists of floats of the same length are apart, the largest magnitude of `want`, and whether that is accepted. */
export function floatDifference(
  want: ArrayLike<number>,
  got: ArrayLike<number>,
  tolerance: Tolerance,
): { largest: number; scale: number; accepted: boolean } {
  let largest = 0;
  let scale = 0;
  for (let index = 0; index < want.length; index += 1) {
    const [a, b] = [want[index] ?? 0, got[index] ?? 0];
    if (Number.isFinite(a)) scale = Math.max(scale, Math.abs(a));
    if (Object.is(a, b) || a === b) continue;
    const difference = Math.abs(a - b);
    largest = Math.max(largest, Number.isNaN(difference) ? Infinity : difference);
  }
  return { largest, scale, accepted: largest <= tolerance.absolute + tolerance.relative * scale };
}
