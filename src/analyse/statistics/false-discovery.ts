/**
 * Benjamini–Hochberg: adjusted p-values in the order given. Calling those ≤ q significant keeps the expected share of
 * false ones among them at q or below (tests independent or positively dependent, as frames of one call are).
 */
export function adjustFalseDiscovery(pValues: readonly number[]): number[] {
  const count = pValues.length;
  const order = pValues.map((_, index) => index).sort((a, b) => (pValues[b] ?? 1) - (pValues[a] ?? 1));
  const adjusted = new Array<number>(count).fill(1);
  let smallest = 1;
  order.forEach((index, place) => {
    smallest = Math.min(smallest, (pValues[index] ?? 1) * (count / (count - place)));
    adjusted[index] = smallest;
  });
  return adjusted;
}
