/** `count` runs of neighbours, as even as can be. */
export function chunks(values: readonly number[], count: number): number[][] {
  return Array.from({ length: count }, (_, part) =>
    values.slice(Math.floor((part * values.length) / count), Math.floor(((part + 1) * values.length) / count)),
  );
}
