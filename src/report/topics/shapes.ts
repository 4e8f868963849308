import { paddingSaving, pickedShapes, sparedShapes } from '../../analyse/findings/shapes.js';
import type { Analysis } from '../../model/analysis.js';
import type { CallCounts, PaddingPlan, SignatureGroup, SignatureRow } from '../../model/signatures.js';
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
  const { padding, signatures, signatureGroups = [] } = analysis;
  const rows = pickedShapes(signatures, MAX_ROWS);
  const left = signatures.length - rows.length;
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

/** `predict, float32[1,?,?,3]: 40 shapes in 40 calls; 2 calls built a graph or other code, 38 shapes needed none.` */
export function groupSentence(group: SignatureGroup): string {
  const { variant, pattern, signatures, calls, built, warmNanos } = group;
  const { spared, readyCalls, isFree } = sparedShapes(group);
  const others =
    warmNanos === null ? 'no call ran without building' : `median of the other ${formatCount(readyCalls)} calls ${formatTime(warmNanos)}`;
  const meaning =
    spared === 0 ? '' : `; ${formatCount(spared)} shapes needed nothing new${isFree ? ', so a new shape alone costs no build' : ''}`;
  return `${variant}, ${pattern}: ${formatCount(signatures)} shapes in ${formatCount(calls)} calls, ${countOf(built, 'call')} built something (first call included), ${others}${meaning}.`;
}

/** Why a run has no shapes to list. */
export function noShapesSentence({ all, failed, creations }: CallCounts): string {
  if (all === 0) return 'No shapes: no call of this run ended.';
  if (failed === all)
    return `No shapes: ${all === 1 ? 'the only call' : `all ${formatCount(all)} calls`} of this run failed; the report says why.`;
  if (creations > 0) return `No shapes: this run created ${countOf(creations, 'session')} and no run of one succeeded.`;
  return 'No shapes: this run holds only calls that Inferscope made to check itself.';
}

/** A padding plan as a sentence, with the calls and times it is drawn from. */
export function paddingSentence(plan: PaddingPlan): string {
  const { variant, pattern, sizes, buckets, nowNanos, paddedNanos } = plan;
  const { calls, share } = paddingSaving(plan);
  const seen = sizes.map(({ batch, calls: times }) => `${batch} (${times}×)`).join(', ');
  return (
    `Pad the batch of ${pattern} to ${buckets.join(', ')} with ${variant}: the ${formatCount(calls)} measured calls would have taken ${formatTime(paddedNanos)} instead of ${formatTime(nowNanos)} (${formatShare(share)} less). ` +
    `Batches seen: ${seen}. It holds where the rows of a batch do not depend on each other.`
  );
}
