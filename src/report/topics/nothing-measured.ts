import { notMeasured, type ColdCalls, type NotMeasured, type SessionsCreated } from '../../analyse/findings/not-measured.js';
import type { VariantAnalysis } from '../../model/analysis.js';
import { never } from '../../model/errors.js';
import { countOf, formatCount, formatShare, formatTime, STAGE_LABELS } from '../words.js';

/** What can be said of a variant without a warm call: its first sentence, its figures, what to do. */
export interface NotMeasuredWords {
  readonly use: string;
  readonly sure: string;
  readonly act: string;
}

const calls = (count: number): string => countOf(count, 'call');

/** Says what was seen of a variant that has no warm call to take figures from, and what was not. */
export function notMeasuredWords(variant: VariantAnalysis): NotMeasuredWords {
  const { key } = variant;
  const found = notMeasured(variant);
  switch (found.kind) {
    case 'sessions-only':
      return {
        use: 'Nothing was measured: sessions were created, and none of them was run.',
        sure: creationSentence(variant, found),
        act: 'Check that the program reaches its first run, and run it again.',
      };
    case 'no-call':
      return {
        use: `No call of ${key} was seen, so nothing was measured.`,
        sure: 'There are no figures.',
        act: 'Check that the program reaches its first call, and run it again.',
      };
    case 'all-failed':
      return failed(key, found);
    case 'all-traced':
      return {
        use: `No latency was measured: the only ${calls(found.calls)} of ${key} ran with a trace inside, which makes them longer.`,
        sure: `${calls(found.errors)} failed.`,
        act: 'Let it make more calls: most of them are then untraced.',
      };
    case 'cold-only': {
      const failures = found.errors === 0 ? '' : ` ${calls(found.errors)} failed.`;
      return { use: coldSentence(key, found), sure: `${coldFigures(found)}${failures}`, act: whatToDo(found) };
    }
    default:
      return never(found);
  }
}

/** A sentence and its figures for a variant that stands beside measured ones; none for one that has warm calls. */
export function beside(variants: readonly VariantAnalysis[]): readonly string[] {
  return variants
    .filter((variant) => variant.calls === 0)
    .map((variant) => {
      const { use, sure } = notMeasuredWords(variant);
      return notMeasured(variant).kind === 'sessions-only' ? sure : `${use} ${sure}`;
    });
}

function creationSentence({ name }: VariantAnalysis, { sessions, medianNanos, buildingShare }: SessionsCreated): string {
  const of = name === SESSION ? '' : ` of ${name.slice(0, -SESSION.length - 1)}`;
  const building = `${formatShare(buildingShare)} of it graph building.`;
  if (sessions === 1) return `The session${of} was created in ${formatTime(medianNanos)}, ${building}`;
  return `${formatCount(sessions)} sessions${of} were created, median ${formatTime(medianNanos)} each, ${building}`;
}

const SESSION = 'session';

function failed(key: string, { errors, message }: Extract<NotMeasured, { kind: 'all-failed' }>): NotMeasuredWords {
  const all = errors === 1 ? 'its only call' : `each of its ${formatCount(errors)} calls`;
  return {
    use: `${key} was not measured: ${all} failed.`,
    sure: `The error: ${((message ?? 'no message').split('\n')[0] ?? '').replace(/[^.!?]$/, '$&.')}`,
    act: 'Mend what the error names, then measure again.',
  };
}

function coldSentence(key: string, cold: ColdCalls): string {
  if (cold.calls === 1)
    return `No warm call was measured: ${key} was called once, and that first call took ${formatTime(cold.medianNanos)}.`;
  const why =
    cold.firsts === cold.calls
      ? 'was the first of a newly loaded model'
      : cold.firsts <= 1
        ? 'built something'
        : 'was the first of a newly loaded model or built something';
  return `No warm call was measured: each of the ${calls(cold.calls)} of ${key} ${why}.`;
}

function coldFigures({ calls, medianNanos, leastNanos, mostNanos, heaviest: { stage, share } }: ColdCalls): string {
  const where = share === 0 ? '' : ` ${formatShare(share)} of it ${STAGE_LABELS[stage]}.`;
  if (calls === 1) return `Cold, ${formatTime(medianNanos)}.${where}`;
  return `Cold calls: median ${formatTime(medianNanos)}, ${formatTime(leastNanos)} to ${formatTime(mostNanos)}.${where}`;
}

function whatToDo({ calls, firsts }: ColdCalls): string {
  if (calls === 1) return 'Call the model at least twice: what a first call builds hides what a later one costs.';
  return firsts > 1
    ? 'Load the model once and call it many times: a newly loaded model builds everything again.'
    : 'Keep what is built: see under “Cold calls” why each call had to build.';
}
