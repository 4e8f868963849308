import type { Conditions, Trust } from '../../model/trust.js';
import { html, type Html } from '../html.js';
import { escapeMarkdown } from '../text-table.js';
import type { Topic } from '../topic.js';
import { VERDICT_WORDS, formatBytes, formatClock, formatConfidence, formatCount, formatFactor, formatShare, formatTime } from '../words.js';

/** Whether the figures can be trusted: the A/A control, our own cost, and how the machine behaved. */
export const TRUST: Topic = {
  id: 'trust',
  nav: 'Trust',
  title: 'Can these figures be trusted?',
  html: ({ analysis: { trust, confidence } }) => (trust === undefined ? html`<p class="muted">${NONE}</p>` : trustHtml(trust, confidence)),
  markdown: ({ analysis: { trust, confidence } }) => (trust === undefined ? NONE : trustMarkdown(trust, confidence)),
};

const NONE = 'Nothing was run that would show how far these figures can be trusted.';

const trustHtml = (trust: Trust, confidence: number): Html =>
  html`<p class="trust-${trust.grade}"><b>${trust.sentence}</b></p>
    <dl>
      ${trustRows(trust, confidence).map(
        ([term, value]) =>
          html`<dt>${term}</dt>
            <dd>${value}</dd>`,
      )}
    </dl>
    ${lists(trust).map(
      ([heading, items]) =>
        html`<h3>${heading}</h3>
          <ul>
            ${items.map((item) => html`<li>${item}</li>`)}
          </ul>`,
    )}`;

function trustMarkdown(trust: Trust, confidence: number): string {
  const facts = trustRows(trust, confidence).map(([term, value]) => `- ${term}: ${escapeMarkdown(value)}`);
  const others = lists(trust).map(([heading, items]) => `### ${heading}\n\n${items.map((item) => `- ${escapeMarkdown(item)}`).join('\n')}`);
  return [escapeMarkdown(trust.sentence), facts.join('\n'), ...others].join('\n\n');
}

const lists = ({ warnings, skipped }: Trust): readonly (readonly [heading: string, items: readonly string[]])[] =>
  [['Unfavourable', warnings] as const, ['Skipped', skipped] as const].filter(([, items]) => items.length > 0);

/** The certificate's facts as term and value, `confidence`: 0..1, of the intervals. */
function trustRows(trust: Trust, confidence: number): readonly (readonly [term: string, value: string])[] {
  const { again, overhead, falseAlarms, conditions } = trust;
  const level = formatConfidence(confidence);
  const range = ([low, high]: readonly [number, number]): string => `${level} interval ${formatFactor(low)} to ${formatFactor(high)}`;
  return [
    [
      'A/A control',
      again === null
        ? 'not run'
        : `${again.variant} from a second copy of the model ÷ ${again.variant}, same rounds: ${formatFactor(again.ratio)} (${range(again.interval)}): ${VERDICT_WORDS[again.verdict]}`,
    ],
    [
      'false alarms',
      falseAlarms === null
        ? 'not measured: too few rounds'
        : `${falseAlarms.alarms} of ${falseAlarms.trials} A/A comparisons showed a difference: ${formatShare(falseAlarms.rate)} (${formatShare(falseAlarms.interval[0])} to ${formatShare(falseAlarms.interval[1])})`,
    ],
    [
      "Inferscope's own overhead",
      overhead === null
        ? 'not measured'
        : `a recorded call of ${overhead.variant} ÷ an unrecorded one, same rounds: ${formatFactor(overhead.ratio)} (${range(overhead.interval)}); instrumentation is installed in both`,
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
      `${cpuMhz === null ? 'clock not available here' : `clock ${formatClock(cpuMhz.low)} to ${formatClock(cpuMhz.high)}`}; a fixed loop took ${formatTime(probeNanos.median)} (${formatTime(probeNanos.low)} to ${formatTime(probeNanos.high)}, 5th to 95th percentile of ${formatCount(samples)} samples)`,
    ],
    [
      'CPU taken away',
      `preempted ${formatCount(preemptions)} times; held back by a limit: ${orUnknown(throttledNanos)}${load === null ? '' : `; load ${formatCount(load.start)}, then ${formatCount(load.end)}`}`,
    ],
    [
      'memory',
      `${formatBytes(memory.lowestAvailableBytes)} of ${formatBytes(memory.limitBytes)} left at the lowest point; ${formatCount(memory.majorFaults)} pages read back from disk; tasks waited for memory: ${orUnknown(memory.stalledNanos)}`,
    ],
  ];
}
