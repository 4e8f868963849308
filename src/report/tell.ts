import type { Analysis, Comparison, RunComparison } from '../model/analysis.js';
import type { ComparisonFinding, Findings, Note, RunFindings, TrustFinding } from '../model/findings.js';
import type { Trust } from '../model/trust.js';
import { adviseOnModels } from './advice/advise-on-models.js';
import { comparisonSentence, withheldReason } from './words/comparison.js';
import { noteSentence, saysMissing } from './words/notes.js';
import { failureReason, skippedSentence, trustSentence, unfavourableSentence } from './words/trust.js';

/** Findings put into words: what the reports show and the library gives. */
export function tell({ notes, evidence, comparisons, trust, ...figures }: Findings): Analysis {
  const told = {
    ...figures,
    comparisons: comparisons.map(tellComparison),
    notes: tellNotes(notes),
    missing: tellNotes(notes.filter(saysMissing)),
    ...(trust === undefined ? {} : { trust: tellTrust(trust) }),
  };
  return { ...told, advice: evidence === null ? [] : adviseOnModels(told, evidence) };
}

/** The same of two runs side by side. */
export const tellRuns = ({ notes, comparisons, ...figures }: RunFindings): RunComparison => ({
  ...figures,
  comparisons: comparisons.map(tellComparison),
  notes: tellNotes(notes),
});

/** One comparison in words. */
export function tellComparison(comparison: ComparisonFinding): Comparison {
  const { baseline, candidate, ratio, interval, verdict, diff, sameGraphAs, withheld, outputs } = comparison;
  return {
    baseline,
    candidate,
    ratio,
    interval,
    verdict,
    sentence: comparisonSentence(comparison),
    diff,
    ...(sameGraphAs === undefined ? {} : { sameGraphAs }),
    ...(withheld === undefined ? {} : { withheld: withheldReason(withheld) }),
    ...(outputs === undefined ? {} : { outputs }),
  };
}

function tellTrust(trust: TrustFinding): Trust {
  const { grade, withheld, withheldBelow, overhead, again, falseAlarms, clockResolutionNanos, conditions, unfavourable, skipped } = trust;
  return {
    grade,
    sentence: trustSentence(trust),
    withheld: withheld === null ? null : failureReason(withheld),
    withheldBelow,
    overhead,
    again,
    falseAlarms,
    clockResolutionNanos,
    conditions,
    warnings: unfavourable.map(unfavourableSentence),
    skipped: skipped.map(skippedSentence),
  };
}

/** What holds for several recordings is said once. */
const tellNotes = (notes: readonly Note[]): string[] => [...new Set(notes.map(noteSentence))];
