import { FASTEST_TYPICAL, ordinal, type GateCheckFinding, type GateFindings, type GateNote, type GateResult } from '../../../model/gate.js';
import { formatTime, STAGE_LABELS } from '../../words.js';

/** The gate's answer put into words. */
export const tellGate = (found: GateFindings): GateResult => ({
  ...found,
  checks: found.checks.map((check) => {
    const { key, outcome, ratio, interval, machineRatio, baselineNanos, currentNanos } = check;
    return { key, outcome, ratio, interval, machineRatio, baselineNanos, currentNanos, sentence: checkSentence(check, found) };
  }),
  notes: found.notes.map(noteSentence),
});

function noteSentence(note: GateNote): string {
  if (note.kind === 'differs') return `${note.difference.field} differs: ${note.difference.baseline}, now ${note.difference.candidate}.`;
  const { run, slow, all } = note;
  return `${slow} of ${all} processes of the ${run} discarded: the machine was slow.`;
}

function checkSentence(check: GateCheckFinding, { maxRegression, percentile }: Pick<GateFindings, 'maxRegression' | 'percentile'>): string {
  const change = (ratio: number): string => `${ratio >= 1 ? '+' : '−'}${Math.abs((ratio - 1) * 100).toFixed(1)} %`;
  const { machineRatio, machineDrifted, machineChanged, grown, processes } = check;
  const machine = machineDrifted
    ? `; the machine itself was ${Math.abs((machineRatio - 1) * 100).toFixed(0)} % ${machineRatio > 1 ? 'slower' : 'faster'} than for the baseline`
    : '';
  const told = percentile === FASTEST_TYPICAL ? 'fastest typical call (5th percentile)' : `${ordinal(percentile)} percentile`;
  const figures =
    `${check.key}: ${formatTime(check.currentNanos)} ${told}, baseline ${formatTime(check.baselineNanos)}; after correcting for machine speed ` +
    `${change(check.ratio)} (${change(check.interval[0])} to ${change(check.interval[1])}), allowed +${(maxRegression * 100).toFixed(1)} %${machine}`;
  switch (check.outcome) {
    case 'pass':
      return `${figures}. Within the limit.`;
    case 'regression':
      return `${figures}. A regression; ${STAGE_LABELS[grown.stage]} grew most, by ${formatTime(grown.nanos)} per call.`;
    case 'cannot-tell':
      return `${figures}. Inconclusive: ${machineChanged ? 'the machine is in another state than for the baseline; make a new baseline beside the check' : `${processes[0]} sessions against ${processes[1]} differ too much among themselves; use more (--max-sessions, here and for the baseline) or a quieter machine`}.`;
  }
}
