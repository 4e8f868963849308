import type { Advice } from '../../model/analysis.js';
import { html } from '../html.js';
import { markdownProse } from '../text-table.js';
import type { Topic } from '../topic.js';
import { formatShare } from '../words.js';

/** Advice with its evidence and what it would save. */
export const ADVICE: Topic = {
  id: 'advice',
  nav: 'Advice',
  title: 'Advice',
  html: ({ analysis: { advice } }) =>
    advice.length === 0
      ? html`<p class="muted">${NONE}</p>`
      : html`<ol class="advice">
          ${advice.map(
            (item) =>
              html`<li>
                <b>${item.sentence}</b> ${item.saving === null ? '' : html`<span class="tag">${savingWords(item)}</span>`}<br /><span
                  class="muted"
                  >${item.evidence}</span
                >
              </li>`,
          )}
        </ol>`,
  markdown: ({ analysis: { advice } }) =>
    advice.length === 0
      ? NONE
      : advice
          .map(
            (item) =>
              `1. **${markdownProse(item.sentence)}** ${item.saving === null ? '' : `(${savingWords(item)}) `}${markdownProse(item.evidence)}`,
          )
          .join('\n'),
};

const NONE = 'Nothing measured here calls for a change.';

function savingWords({ saving, verified }: Advice): string {
  if (saving === null) return '';
  const [low, high] = saving.interval;
  return `${verified ? 'measured' : 'estimated'}: saves ${formatShare(saving.share)} of ${saving.of ?? 'a call'}, ${formatShare(low)} to ${formatShare(high)}`;
}
