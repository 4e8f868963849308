import { DEFAULT_CONFIDENCE, formatConfidence } from '../../../model/confidence.js';
import { CLAIM_VERDICTS, type Claim, type Reproduction } from '../../../model/claim.js';
import { figure } from '../../words/claims.js';
import { renderDocument } from '../../plain-document.js';
import { html } from '../../html.js';
import { escapeMarkdown, markdownTable } from '../../text-table.js';

const HERE = `here (${formatConfidence(DEFAULT_CONFIDENCE)} interval)`;

/** `3 of 8 claims hold here, 4 do not, 1 is inconclusive.` */
export function summaryOf(claims: readonly Claim[]): string {
  const [holds, not, unknown] = CLAIM_VERDICTS.map((verdict) => claims.filter((claim) => claim.verdict === verdict).length);
  return `${holds ?? 0} of ${claims.length} published figures hold here, ${not ?? 0} do not, ${unknown ?? 0} ${unknown === 1 ? 'is' : 'are'} inconclusive.`;
}

/** Ours beside the published figure, as Markdown that also reads well in a terminal. */
export function renderReproductionMarkdown({ runtime, machine, claims, notes }: Reproduction): string {
  const rows = claims.map((claim) => [
    escapeMarkdown(claim.id),
    escapeMarkdown(claim.what),
    publishedOf(claim),
    measuredOf(claim),
    `**${claim.verdict}**`,
  ]);
  return (
    [
      `# The published experiments on ${runtime}`,
      summaryOf(claims),
      machine.map(([what, value]) => `- ${what}: ${escapeMarkdown(value)}`).join('\n'),
      markdownTable(['claim', 'figure', 'published', HERE, 'verdict'], ['left', 'left', 'right', 'right', 'left'], rows),
      RULES,
      `## Why\n\n${claims.map(({ sentence }) => `- ${escapeMarkdown(sentence)}`).join('\n')}`,
      ...(notes.length === 0 ? [] : [`## Notes\n\n${notes.map((note) => `- ${escapeMarkdown(note)}`).join('\n')}`]),
    ].join('\n\n') + '\n'
  );
}

/** The same as one offline page. */
export function renderReproductionHtml({ runtime, machine, claims, notes }: Reproduction): string {
  return renderDocument(summaryOf(claims), `The published experiments on ${runtime}`, [
    html`<section><div class="scroll"><table><thead><tr><th scope="col">claim</th><th scope="col">figure</th><th scope="col" class="num">published</th><th scope="col" class="num">${HERE}</th><th scope="col">verdict</th></tr></thead>
<tbody>${claims.map((claim) => html`<tr><th scope="row">${claim.id}</th><td>${claim.what}</td><td class="num">${publishedOf(claim)}</td><td class="num">${measuredOf(claim)}</td><td title="${claim.sentence}">${claim.verdict}</td></tr>`)}</tbody></table></div>
<p class="muted">${RULES}</p></section>`,
    html`<section><h2>Why</h2><ul>${claims.map(({ sentence }) => html`<li>${sentence}</li>`)}</ul></section>`,
    html`<section><h2>Machine</h2><dl>${machine.map(([what, value]) => html`<dt>${what}</dt><dd>${value}</dd>`)}</dl></section>`,
    ...(notes.length === 0 ? [] : [html`<section><h2>Notes</h2><ul>${notes.map((note) => html`<li>${note}</li>`)}</ul></section>`]),
  ]);
}

const RULES =
  'Published figures are of TensorFlow 2.0.0 in Python on a CPU; “repeated” ones were measured later on the same version. An effect holds when the whole interval shows the same direction and at least half of its size; “no difference” asks for an interval within ± 10 %; a count must be equal. Variants took turns in one process, and an interval is over its rounds: ratios differ by another 4 % or so (standard deviation) from process to process, which it does not include.';

const publishedOf = ({ published, source, unit }: Claim): string =>
  published === null ? '–' : `${figure(unit, published)}${source === 'repeated' ? ' (repeated)' : ''}`;

function measuredOf({ measured, interval, unit }: Claim): string {
  if (measured === null) return 'not measured';
  return unit === 'count' || interval === null
    ? figure(unit, measured)
    : `${figure(unit, measured)} (${figure(unit, interval[0])} to ${figure(unit, interval[1])})`;
}
