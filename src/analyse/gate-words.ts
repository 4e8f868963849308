import type { BaselineVariant, GateCheck } from '../model/gate.js';
import { formatNanos } from '../model/nanos.js';
import { STAGES } from '../model/stage.js';

export interface Told {
  readonly was: BaselineVariant;
  readonly now: BaselineVariant;
  readonly maxRegression: number;
  readonly percentile: number;
  /** Whether the machine's own change leaves more uncertain than the processes do. */
  readonly machineChanged: boolean;
}

export function sentenceOf(check: Omit<GateCheck, 'sentence'>, { was, now, maxRegression, percentile, machineChanged }: Told): string {
  const change = (ratio: number): string => `${ratio >= 1 ? '+' : '−'}${Math.abs((ratio - 1) * 100).toFixed(1)} %`;
  const { machineRatio } = check;
  const machine =
    Math.abs(Math.log(machineRatio)) < NOTABLE_DRIFT
      ? ''
      : `; the machine itself was ${Math.abs((machineRatio - 1) * 100).toFixed(0)} % ${machineRatio > 1 ? 'slower' : 'faster'} than for the baseline`;
  const told = percentile === FASTEST_TYPICAL ? 'fastest typical call (5th percentile)' : `${ordinal(percentile)} percentile`;
  const figures =
    `${check.key}: ${formatNanos(check.currentNanos)} ${told}, baseline ${formatNanos(check.baselineNanos)}; after correcting for machine speed ` +
    `${change(check.ratio)} (${change(check.interval[0])} to ${change(check.interval[1])}), allowed +${(maxRegression * 100).toFixed(1)} %${machine}`;
  switch (check.outcome) {
    case 'pass':
      return `${figures}. Within the limit.`;
    case 'regression':
      return `${figures}. A regression; ${whereItSits(was, now)}.`;
    case 'cannot-tell':
      return `${figures}. Inconclusive: ${machineChanged ? 'the machine is in another state than for the baseline; make a new baseline beside the check' : `${was.sessionNanos.length} sessions against ${now.sessionNanos.length} differ too much among themselves; use more (--max-sessions, here and for the baseline) or a quieter machine`}.`;
  }
}

export function whereItSits(was: BaselineVariant, now: BaselineVariant): string {
  const grown = STAGES.map((stage) => ({ stage, nanos: (now.stageNanos[stage] ?? 0) - (was.stageNanos[stage] ?? 0) })).sort(
    (a, b) => b.nanos - a.nanos,
  );
  const most = grown[0] ?? { stage: 'unexplained', nanos: 0 };
  return `${most.stage} grew most, by ${formatNanos(most.nanos)} per call`;
}

/** Which quantile stands for a process, of calls and of what is run between the rounds. */
export const UNDISTURBED = 0.05;

/** The same as a percentile: what a check compares unless it is asked for another. */
export const FASTEST_TYPICAL = 100 * UNDISTURBED;

/** A change of the machine's speed that is worth a word. */
export const NOTABLE_DRIFT = 0.05;

/** `1st`, `95th`. */
export function ordinal(number: number): string {
  const ending = new Intl.PluralRules('en', { type: 'ordinal' }).select(number);
  return `${number}${({ one: 'st', two: 'nd', few: 'rd' } as Readonly<Partial<Record<Intl.LDMLPluralRule, string>>>)[ending] ?? 'th'}`;
}
