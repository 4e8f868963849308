import type { Analysis } from '../../model/analysis.js';
import { elementsOf, type PaddingPlan, type SignatureGroup, type SignatureRow } from '../../model/signatures.js';
import { html } from '../html.js';
import { code, figureColumn, tableHtml, tableMarkdown, words, type Table } from '../table.js';
import { escapeMarkdown, markdownProse } from '../text-table.js';
import type { Topic } from '../topic.js';
import { countOf, formatCount, formatShare, formatTime } from '../words.js';

/** The shape ledger: a row a signature and variant, and what padding would have saved. */
export const SHAPES: Topic = {
  id: 'signatures',
  nav: 'Shapes',
  title: 'What each input shape costs',
  shown: ({ analysis }) => analysis.signatures.length > 0,
  html: ({ analysis }) => {
    const { groups, table, legend, plans } = factsOf(analysis);
    return html`${groups.map((group) => html`<p>${group}</p>`)} ${tableHtml(table)}
      <p class="muted">${legend}</p>
      ${plans.map((plan) => html`<p>${plan}</p>`)}`;
  },
  markdown: ({ analysis }) => {
    const { groups, table, legend, plans } = factsOf(analysis);
    const list = (items: readonly string[]): string => items.map((item) => `- ${escapeMarkdown(item)}`).join('\n');
    return [list(groups), tableMarkdown(table), markdownProse(legend), list(plans)].filter((block) => block !== '').join('\n\n');
  },
};

function factsOf(analysis: Analysis) {
  const { padding, signatureGroups = [] } = analysis;
  const { rows, left } = shapeRows(analysis);
  const leftOut = left === 0 ? '' : ` ${formatCount(left)} more shapes are in report.json; \`inferscope signatures\` lists them all.`;
  return {
    groups: signatureGroups.map(groupSentence),
    table: tableOf(rows),
    legend: `A call that built something (a graph, a session’s executor, code for the shape) is paid back once the calls after it have saved as much against the slowest variant.${leftOut}`,
    plans: padding.map(paddingSentence),
  };
}

function tableOf(rows: readonly SignatureRow[]): Table {
  const time = (nanos: number | null): string => (nanos === null ? '–' : formatTime(nanos));
  return {
    columns: [
      words('Variant'),
      code('Input'),
      ...['when building', 'then', 'calls ready', 'calls that built', 'calls to pay back'].map(figureColumn),
    ],
    rows: rows.map(({ variant, signature, firstCallNanos, warmNanos, hits, misses, payBackCalls }) => [
      variant,
      signature,
      time(firstCallNanos),
      time(warmNanos),
      formatCount(hits),
      formatCount(misses),
      payBackCalls === null ? 'never' : formatCount(payBackCalls),
    ]),
  };
}

/** Shapes of one variant that a table lists; `inferscope signatures` and report.json have them all. */
const MAX_ROWS = 12;

/** What a table of shapes shows: every shape of variants with few, evenly picked sizes of the others, smallest first. */
function shapeRows({ signatures }: Pick<Analysis, 'signatures'>): { readonly rows: readonly SignatureRow[]; readonly left: number } {
  const variants = [...new Set(signatures.map(({ variant }) => variant))];
  const rows = variants.flatMap((variant) => {
    const all = signatures.filter((row) => row.variant === variant);
    if (all.length <= MAX_ROWS) return all;
    const bySize = [...all].sort((a, b) => elementsOf(a.signature) - elementsOf(b.signature));
    return Array.from({ length: MAX_ROWS }, (_, i) => bySize[Math.round((i * (bySize.length - 1)) / (MAX_ROWS - 1))]).filter(
      (row) => row !== undefined,
    );
  });
  return { rows, left: signatures.length - rows.length };
}

/** `predict, float32[1,?,?,3]: 40 shapes in 40 calls; 2 calls built a graph or other code, 38 shapes needed none.` */
export function groupSentence({ variant, pattern, signatures, calls, built, signaturesBuilt, warmNanos }: SignatureGroup): string {
  const spared = signatures - signaturesBuilt;
  const others =
    warmNanos === null
      ? 'no call ran without building'
      : `median of the other ${formatCount(calls - built)} calls ${formatTime(warmNanos)}`;
  const meaning =
    spared === 0
      ? ''
      : spared >= signaturesBuilt
        ? `; ${formatCount(spared)} shapes needed nothing new, so a new shape alone costs no build`
        : `; ${formatCount(spared)} shapes needed nothing new`;
  return `${variant}, ${pattern}: ${formatCount(signatures)} shapes in ${formatCount(calls)} calls, ${countOf(built, 'call')} built something (first call included), ${others}${meaning}.`;
}

/** A padding plan as a sentence, with the calls and times it is drawn from. */
export function paddingSentence({ variant, pattern, sizes, buckets, nowNanos, paddedNanos }: PaddingPlan): string {
  const calls = sizes.reduce((sum, size) => sum + size.calls, 0);
  const seen = sizes.map(({ batch, calls: times }) => `${batch} (${times}×)`).join(', ');
  return (
    `Pad the batch of ${pattern} to ${buckets.join(', ')} with ${variant}: the ${formatCount(calls)} measured calls would have taken ${formatTime(paddedNanos)} instead of ${formatTime(nowNanos)} (${formatShare(1 - paddedNanos / nowNanos)} less). ` +
    `Batches seen: ${seen}. It holds where the rows of a batch do not depend on each other.`
  );
}
