import type { VariantAnalysis } from '../../model/analysis.js';
import { median } from '../../model/median.js';
import { STAGES } from '../../model/stage.js';
import { isCreation } from '../../model/variant.js';
import { countOf, formatCount, formatShare, formatTime, STAGE_LABELS } from '../words.js';

/** What can be said of a variant without a warm call: its first sentence, its figures, what to do. */
export interface NotMeasured {
  readonly use: string;
  readonly sure: string;
  readonly act: string;
}

const calls = (count: number): string => countOf(count, 'call');

/** Says what was seen of a variant that has no warm call to take figures from, and what was not. */
export function notMeasured(variant: VariantAnalysis): NotMeasured {
  const { key, timeline, cold, errors } = variant;
  const all = timeline.length;
  if (isCreation(variant) && cold.length > 0)
    return {
      use: 'Nothing was measured: sessions were created, and none of them was run.',
      sure: creationSentence(variant),
      act: 'Check that the program reaches its first run, and run it again.',
    };
  if (all === 0)
    return {
      use: `No call of ${key} was seen, so nothing was measured.`,
      sure: 'There are no figures.',
      act: 'Check that the program reaches its first call, and run it again.',
    };
  if (errors === all) return failed(variant);
  if (cold.length === 0)
    return {
      use: `No latency was measured: the only ${calls(all)} of ${key} ran with a trace inside, which makes them longer.`,
      sure: `${calls(errors)} failed.`,
      act: 'Let it make more calls: most of them are then untraced.',
    };
  const failures = errors === 0 ? '' : ` ${calls(errors)} failed.`;
  return { use: coldSentence(variant), sure: `${coldFigures(variant)}${failures}`, act: whatToDo(variant) };
}

/** A sentence and its figures for a variant that stands beside measured ones; none for one that has warm calls. */
export function beside(variants: readonly VariantAnalysis[]): readonly string[] {
  return variants
    .filter((variant) => variant.calls === 0)
    .map((variant) => {
      if (isCreation(variant) && variant.cold.length > 0) return creationSentence(variant);
      const { use, sure } = notMeasured(variant);
      return `${use} ${sure}`;
    });
}

/** Sessions that were created: what that took, which is no call of a model. */
function creationSentence({ name, cold }: VariantAnalysis): string {
  const of = name === SESSION ? '' : ` of ${name.slice(0, -SESSION.length - 1)}`;
  const times = cold.map(({ latencyNanos }) => latencyNanos);
  const share = formatShare(meanShare('graph-building', cold));
  if (times.length === 1) return `The session${of} was created in ${formatTime(times[0] ?? 0)}, ${share} of it graph building.`;
  return `${formatCount(times.length)} sessions${of} were created, median ${formatTime(median(times) ?? 0)} each, ${share} of it graph building.`;
}

const SESSION = 'session';

function failed({ key, timeline, errors }: VariantAnalysis): NotMeasured {
  const message = timeline.find(({ error }) => error !== undefined)?.error ?? 'no message';
  const all = errors === 1 ? 'Its only call' : `Each of its ${formatCount(errors)} calls`;
  return {
    use: `${key} was not measured: ${all.charAt(0).toLowerCase()}${all.slice(1)} failed.`,
    sure: `The error: ${(message.split('\n')[0] ?? '').replace(/[^.!?]$/, '$&.')}`,
    act: 'Mend what the error names, then measure again.',
  };
}

function coldSentence({ key, cold }: VariantAnalysis): string {
  const first = cold.filter(({ temperature }) => temperature === 'cold-session').length;
  if (cold.length === 1)
    return `No warm call was measured: ${key} was called once, and that first call took ${formatTime(cold[0]?.latencyNanos ?? 0)}.`;
  const why =
    first === cold.length
      ? 'was the first of a newly loaded model'
      : first <= 1
        ? 'built something'
        : 'was the first of a newly loaded model or built something';
  return `No warm call was measured: each of the ${calls(cold.length)} of ${key} ${why}.`;
}

function coldFigures({ cold }: VariantAnalysis): string {
  const times = cold.map(({ latencyNanos }) => latencyNanos);
  const stage = [...STAGES].sort((a, b) => meanShare(b, cold) - meanShare(a, cold))[0] ?? 'unexplained';
  const share = meanShare(stage, cold);
  const where = share === 0 ? '' : ` ${formatShare(share)} of it ${STAGE_LABELS[stage]}.`;
  if (times.length === 1) return `Cold, ${formatTime(times[0] ?? 0)}.${where}`;
  return `Cold calls: median ${formatTime(median(times) ?? 0)}, ${formatTime(Math.min(...times))} to ${formatTime(Math.max(...times))}.${where}`;
}

const meanShare = (stage: (typeof STAGES)[number], cold: VariantAnalysis['cold']): number => {
  const total = cold.reduce((sum, call) => sum + call.latencyNanos, 0);
  return total === 0 ? 0 : cold.reduce((sum, call) => sum + call.stages[stage].nanosPerCall, 0) / total;
};

function whatToDo({ cold }: VariantAnalysis): string {
  if (cold.length === 1) return 'Call the model at least twice: what a first call builds hides what a later one costs.';
  return cold.filter(({ temperature }) => temperature === 'cold-session').length > 1
    ? 'Load the model once and call it many times: a newly loaded model builds everything again.'
    : 'Keep what is built: see under “Cold calls” why each call had to build.';
}
