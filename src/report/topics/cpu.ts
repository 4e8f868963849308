import type { Analysis, VariantAnalysis } from '../../model/analysis.js';
import type { CpuFigure } from '../../model/cpu.js';
import { html } from '../html.js';
import { figureColumn, tableHtml, tableMarkdown, words, type Table } from '../table.js';
import { escapeMarkdown } from '../text-table.js';
import type { Topic } from '../topic.js';
import { countOf, formatCount, formatEstimate, formatProcessors, formatShare, formatTime } from '../words.js';

/** What calls take of the processors, by thread group, and what a container's limit leaves of them. */
export const CPU: Topic = {
  id: 'processors',
  nav: 'CPU',
  title: 'Processor time',
  shown: ({ analysis }) => measured(analysis).length > 0,
  html: ({ analysis }) => {
    const { sentences, table, method } = factsOf(analysis);
    return html`${sentences.map((sentence) => html`<p>${sentence}</p>`)} ${tableHtml(table)}
      <p class="muted">${method}</p>`;
  },
  markdown: ({ analysis }) => {
    const { sentences, table, method } = factsOf(analysis);
    return [...sentences.map(escapeMarkdown), tableMarkdown(table), escapeMarkdown(method)].join('\n\n');
  },
};

type Measured = VariantAnalysis & { readonly cpu: CpuFigure };

const measured = ({ variants }: Pick<Analysis, 'variants'>): readonly Measured[] =>
  variants.filter((variant): variant is Measured => variant.cpu !== undefined);

/** Beside the kernels: `keeps 1.4 of 2 threads busy`; undefined where threads were not told apart. */
export function efficiencyWords({ cpu }: VariantAnalysis): string | undefined {
  if (cpu?.efficiency == null || cpu.threads === null || cpu.busyCores === null) return undefined;
  return cpu.threads === 1
    ? 'runs on one thread'
    : `keeps ${formatEstimate(cpu.busyCores)} of ${formatCount(cpu.threads)} threads busy (parallel efficiency ${formatShare(cpu.efficiency)})`;
}

function factsOf(analysis: Analysis) {
  const variants = measured(analysis);
  return { sentences: sentencesOf(analysis, variants), table: tableOf(variants), method: methodOf(variants) };
}

function sentencesOf({ environment }: Analysis, variants: readonly Measured[]): readonly string[] {
  return [
    ...limitSentences(variants),
    ...sharedSentences(variants),
    ...busySentences(variants),
    ...unseenSentences(variants, environment.platform),
  ];
}

function limitSentences(variants: readonly Measured[]): readonly string[] {
  const limited = variants.flatMap(({ key, cpu }) => (cpu.limit === null ? [] : [{ key, cpu, limit: cpu.limit }]));
  const [first] = limited;
  if (first === undefined) return [];
  const held = limited.filter(({ limit }) => limit.throttledShare > 0);
  const allowed = `A limit of its container allows this process ${formatProcessors(first.limit.cores)} ${first.limit.cores === 1 ? 'processor' : 'processors'}`;
  if (held.length === 0) return [`${allowed}; it held no call back.`];
  return [
    `${allowed}, and held threads back: ${held.map(({ key, limit }) => `${key} for ${formatShare(limit.throttledShare)} of its time`).join('; ')}.`,
  ];
}

function sharedSentences(variants: readonly Measured[]): readonly string[] {
  const shared = variants.filter(({ cpu }) => cpu.otherCalls !== undefined);
  if (shared.length === 0) return [];
  return [
    `Other threads of JavaScript made calls at the same time (${shared.map(({ key, cpu }) => `${formatCount(cpu.otherCalls ?? 0)} beside ${formatCount(cpu.calls)} of ${key}`).join('; ')}): what the process and the engine’s threads took is shared out equally among all of them.`,
  ];
}

function busySentences(variants: readonly Measured[]): readonly string[] {
  const shares = variants.flatMap(({ cpu }) => (cpu.busyCores === null && cpu.waitShare !== null ? [cpu.waitShare] : []));
  if (shares.length === 0) return [];
  return [
    `The machine was too busy to tell how many processors ${shares.length === variants.length ? 'a call keeps' : 'calls of each variant keep'} busy: threads that could have run had none for up to ${formatShare(Math.max(...shares))} of the time. What a call takes of them does not depend on that.`,
  ];
}

function unseenSentences(variants: readonly Measured[], platform: string): readonly string[] {
  if (variants.every(({ cpu }) => cpu.groups !== null)) return [];
  return [
    platform === 'linux'
      ? 'The threads are not told apart: the engine was loaded before Inferscope could see which are its own.'
      : 'The threads are not told apart: only Linux tells the processor time of single ones.',
  ];
}

function tableOf(variants: readonly Measured[]): Table {
  return {
    columns: [
      words('Variant'),
      ...['all threads', 'JavaScript', 'native', 'other', 'in the system', 'processors busy', 'parallel efficiency', 'no processor'].map(
        figureColumn,
      ),
    ],
    rows: variants.map(({ key, cpu }) => [
      key,
      formatTime(cpu.perCall.nanos),
      ...(cpu.groups === null
        ? ['–', '–', '–']
        : [cpu.groups.javascript, cpu.groups.native, cpu.groups.other].map(({ nanos }) => formatTime(nanos))),
      formatShare(cpu.perCall.nanos > 0 ? cpu.perCall.systemNanos / cpu.perCall.nanos : 0),
      cpu.busyCores === null ? '–' : formatEstimate(cpu.busyCores),
      cpu.efficiency === null || cpu.threads === null ? '–' : { text: formatShare(cpu.efficiency), beside: countOf(cpu.threads, 'thread') },
      cpu.waitShare === null ? '–' : formatShare(cpu.waitShare),
    ]),
  };
}

function methodOf(variants: readonly Measured[]): string {
  const [first] = variants;
  const from =
    first === undefined
      ? ''
      : `, of ${formatCount(first.cpu.calls)} calls of ${first.key} in ${formatCount(first.cpu.stretches)} stretches`;
  return `Processor time per call as the system counts it${from}. JavaScript is the thread that makes the calls, with the native code that it runs itself; native are the engine's own threads, which take processor time also while they spin; other is garbage collection, libuv and the rest. Parallel efficiency is the processor time of the first two ÷ wall time ÷ threads.`;
}
