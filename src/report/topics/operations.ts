import type { Analysis, Comparison, VariantAnalysis } from '../../model/analysis.js';
import { changedCounts, operationShifts, type OperationShift } from '../../model/operations.js';
import { formatCount, formatTime } from '../words.js';

/** A comparison operation by operation. */
export interface OperationTable {
  readonly comparison: Comparison;
  readonly shifts: readonly OperationShift[];
}

export const MAX_OPERATIONS = 12;

/** The comparisons whose sides both know their operations, in their order. */
export function operationTables({ comparisons, variants }: Analysis): readonly OperationTable[] {
  const variant = (key: string): VariantAnalysis | undefined => variants.find((one) => one.key === key && one.kernels.length > 0);
  return comparisons.flatMap((comparison) => {
    const [before, after] = [variant(comparison.baseline), variant(comparison.candidate)];
    return before === undefined || after === undefined ? [] : [{ comparison, shifts: operationShifts(before, after) }];
  });
}

export const OPERATION_HEADINGS = ['Operation', '× before', '× after', 'before', 'after', 'change per call'] as const;

/** A row of the table: runs and time per call on both sides. */
export function operationCells({ operation, before, after }: OperationShift): readonly string[] {
  const change = after.nanosPerCall - before.nanosPerCall;
  const runs = ({ count }: OperationShift['before']): string => (count === 0 ? '–' : formatCount(Math.round(count * 10) / 10));
  const time = ({ count, nanosPerCall }: OperationShift['before']): string => (count === 0 ? '–' : formatTime(nanosPerCall));
  return [operation, runs(before), runs(after), time(before), time(after), `${change > 0 ? '+' : '−'}${formatTime(Math.abs(change))}`];
}

/** What runs on one side only, or more often there: `gone: Pack 15 → 9`. */
export function countsSentence(shifts: readonly OperationShift[]): string {
  const changed = changedCounts(shifts);
  const named = (of: (shift: OperationShift) => boolean): string =>
    changed
      .filter(of)
      .map(({ operation }) => operation)
      .join(', ');
  const parts = [
    ['gone', named(({ after }) => after.count === 0)],
    ['added', named(({ before }) => before.count === 0)],
    ['run more or less often', named(({ before, after }) => before.count > 0 && after.count > 0)],
  ].filter(([, names]) => names !== '');
  return parts.length === 0
    ? 'Both sides run the same operations equally often.'
    : `${parts.map(([what, names]) => `${what ?? ''}: ${names ?? ''}`).join('; ')}.`;
}
