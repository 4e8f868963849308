import type { Conditions, Trust } from '../../model/trust.js';
import { VERDICT_WORDS, formatBytes, formatConfidence, formatShare, formatTime } from '../words.js';

/** The certificate's facts as term and value, the same in HTML and Markdown. `confidence`: 0..1, of the intervals. */
export function trustRows(trust: Trust, confidence: number): readonly (readonly [term: string, value: string])[] {
  const { again, overhead, falseAlarms, conditions } = trust;
  const level = formatConfidence(confidence);
  const range = ([low, high]: readonly [number, number]): string => `${level} interval ${low.toFixed(3)} to ${high.toFixed(3)}`;
  return [
    [
      'A/A control',
      again === null
        ? 'not run'
        : `${again.variant} from a second copy of the model ÷ ${again.variant}, same rounds: ${again.ratio.toFixed(3)} (${range(again.interval)}): ${VERDICT_WORDS[again.verdict]}`,
    ],
    [
      'false alarms',
      falseAlarms === null
        ? 'not measured: too few rounds'
        : `${falseAlarms.alarms} of ${falseAlarms.trials} A/A comparisons showed a difference: ${formatShare(falseAlarms.rate)} (${formatShare(falseAlarms.interval[0])} to ${formatShare(falseAlarms.interval[1])})`,
    ],
    [
      'our own overhead',
      overhead === null
        ? 'not measured'
        : `a recorded call of ${overhead.variant} ÷ an unrecorded one, same rounds: ${overhead.ratio.toFixed(3)} (${range(overhead.interval)}); instrumentation is installed in both`,
    ],
    ['clock', `resolves ${formatTime(trust.clockResolutionNanos)}`],
    ...(conditions === null ? [['machine', 'not watched'] as const] : conditionRows(conditions)),
  ];
}

function conditionRows({
  samples,
  cpuCount,
  cpuMhz,
  probeNanos,
  load,
  throttledNanos,
  preemptions,
  memory,
}: Conditions): readonly (readonly [string, string])[] {
  const orUnknown = (value: number | null): string => (value === null ? 'not available here' : formatTime(value));
  return [
    ['CPUs', cpuCount.start === cpuCount.end ? `${cpuCount.start}, unchanged` : `${cpuCount.start}, then ${cpuCount.end}`],
    [
      'CPU speed',
      `${cpuMhz === null ? 'clock not available here' : `clock ${cpuMhz.low.toFixed(0)} to ${cpuMhz.high.toFixed(0)} MHz`}; a fixed loop took ${formatTime(probeNanos.median)} (${formatTime(probeNanos.low)} to ${formatTime(probeNanos.high)}, 5th to 95th percentile of ${samples} samples)`,
    ],
    [
      'CPU taken away',
      `preempted ${preemptions} times; held back by a limit: ${orUnknown(throttledNanos)}${load === null ? '' : `; load ${load.start.toFixed(2)}, then ${load.end.toFixed(2)}`}`,
    ],
    [
      'memory',
      `${formatBytes(memory.lowestAvailableBytes)} of ${formatBytes(memory.limitBytes)} left at the least; ${memory.majorFaults} pages read back from disk; tasks waited for memory: ${orUnknown(memory.stalledNanos)}`,
    ],
  ];
}
