import type { ComparisonFinding } from '../model/findings.js';
import type { Recording } from '../model/recording.js';

/** Variants that run one graph, by their keys, in groups of two and more. */
export const sameGraphs = (recordings: readonly Recording[]): (readonly string[])[] =>
  recordings.flatMap(({ run }) => run?.notes ?? []).flatMap((note) => (note.kind === 'same-graph' ? [note.variants] : []));

/**
 * No winner among variants that run one graph: what they differ by is noise. Of several that run another graph than the baseline, one is
 * faster or slower only where all of them are.
 */
export function withoutWinnersOfOneGraph(
  comparisons: readonly ComparisonFinding[],
  groups: readonly (readonly string[])[],
): ComparisonFinding[] {
  return comparisons.map((comparison) => {
    const group = groups.find((keys) => keys.includes(comparison.candidate));
    if (group === undefined) return comparison;
    if (group.includes(comparison.baseline)) return { ...remarked(comparison, comparison.baseline), verdict: 'no-difference' };
    const others = comparisons.filter((other) => other !== comparison && group.includes(other.candidate));
    const sameGraphAs = others.map(({ candidate }) => candidate);
    const contrary = others.find(({ verdict }) => verdict !== comparison.verdict);
    const judged = comparison.verdict === 'faster' || comparison.verdict === 'slower';
    if (contrary === undefined || !judged) return { ...comparison, sameGraphAs };
    return { ...remarked(comparison, contrary.candidate), sameGraphAs, verdict: 'cannot-tell' };
  });
}

function remarked(comparison: ComparisonFinding, as: string): ComparisonFinding {
  const { rests } = comparison;
  return rests.kind === 'rounds' ? { ...comparison, rests: { ...rests, remark: { kind: 'same-graph', as } } } : comparison;
}
