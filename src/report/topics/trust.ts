import type { Trust } from '../../model/trust.js';
import { html, type Html } from '../html.js';
import { trustRows } from './trust-rows.js';

/** Whether the figures can be trusted: the A/A control, our own cost, and how the machine behaved. */
export function renderTrust(trust: Trust | undefined, confidence: number): Html {
  if (trust === undefined) return html`<p class="muted">Nothing was run that would show how far these figures can be trusted.</p>`;
  return html`<p class="trust-${trust.grade}"><b>${trust.sentence}</b></p>
    <dl>
      ${trustRows(trust, confidence).map(
        ([term, value]) =>
          html`<dt>${term}</dt>
            <dd>${value}</dd>`,
      )}
    </dl>
    ${list('Unfavourable', trust.warnings)}${list('Skipped', trust.skipped)}`;
}

const list = (title: string, items: readonly string[]): Html =>
  items.length === 0
    ? html``
    : html`<h3>${title}</h3>
        <ul>
          ${items.map((item) => html`<li>${item}</li>`)}
        </ul>`;
