import type { Analysis } from '../../model/analysis.js';
import { html, type Html } from '../html.js';
import { paddingSentence } from '../padding-words.js';
import { formatCount, formatTime } from '../words.js';

/** The shape ledger: a row a signature and variant, and what padding would have saved. */
export function renderSignatures({ signatures, padding }: Analysis): Html {
  const time = (nanos: number | null): string => (nanos === null ? '–' : formatTime(nanos));
  const rows = signatures.map(
    (row) => html`<tr><th scope="row">${row.variant}</th><td><code>${row.signature}</code></td><td class="num">${time(row.firstCallNanos)}</td><td class="num">${time(row.warmNanos)}</td><td class="num">${formatCount(row.hits)}</td><td class="num">${formatCount(row.misses)}</td><td class="num">${row.payBackCalls === null ? 'never' : formatCount(row.payBackCalls)}</td></tr>`,
  );
  return html`<div class="scroll"><table><thead><tr><th scope="col">Variant</th><th scope="col">Input</th><th scope="col" class="num">first call</th><th scope="col" class="num">then</th><th scope="col" class="num">hits</th><th scope="col" class="num">misses</th><th scope="col" class="num">calls to pay back</th></tr></thead>
<tbody>${rows}</tbody></table></div>
<p class="muted">A miss is a first call of an input signature; it is paid back once the calls after it have saved as much against the slowest variant.</p>
${padding.map((plan) => html`<p>${paddingSentence(plan)}</p>`)}`;
}
