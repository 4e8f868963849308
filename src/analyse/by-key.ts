/** What two sides have of the same key, in pairs; their only ones with each other where they share none. */
export function byKey<T extends { readonly key: string }>(left: readonly T[], right: readonly T[]): (readonly [T, T])[] {
  const shared = left.flatMap((one) => {
    const match = right.find(({ key }) => key === one.key);
    return match === undefined ? [] : [[one, match] as const];
  });
  const [one] = left;
  const [other] = right;
  if (shared.length > 0 || one === undefined || other === undefined) return shared;
  return left.length === 1 && right.length === 1 ? [[one, other]] : [];
}
