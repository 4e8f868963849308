import { html } from '../html.js';
import { escapeMarkdown, markdownProse } from '../text-table.js';
import type { Topic, TopicInput } from '../topic.js';
import { countOf, formatCount, formatTime } from '../words.js';

/** What was recorded, what the tool cost, notes of the analysis, and files beside the report. */
export const NOTES: Topic = {
  id: 'notes',
  title: 'Notes and tool cost',
  html: (input) => {
    const links = linksOf(input);
    return html`<ul>
        ${linesOf(input).map((line) => html`<li>${line}</li>`)}
      </ul>
      ${links.length === 0 ? '' : html`<p>Files of this run: ${links.map(({ label, href }, i) => html`${i > 0 ? ' · ' : ''}<a href="${href}">${label}</a>`)}</p>`}`;
  },
  markdown: (input) => {
    const links = linksOf(input).map(({ label, href }) => `[${escapeMarkdown(label)}](<${href.replace(/[<>\r\n]/g, encodeURIComponent)}>)`);
    return [
      linesOf(input)
        .map((line) => `- ${markdownProse(line)}`)
        .join('\n'),
      ...(links.length === 0 ? [] : [`Files of this run: ${links.join(' · ')}`]),
    ].join('\n\n');
  },
};

function linesOf({ analysis: { spans, variants, notes }, extras: { tool } }: TopicInput): readonly string[] {
  const exported = spans.accepted === null ? 'none sent over OTLP' : `${formatCount(spans.accepted)} accepted by the collector`;
  return [
    `${formatCount(spans.recorded)} spans recorded, ${formatCount(spans.lost)} lost, ${exported}.`,
    ...(tool === undefined
      ? []
      : [
          `Measuring itself costs ${formatTime(tool.insideNanos)} inside and ${formatTime(tool.outsideNanos)} outside of each span; the clock resolves ${formatTime(tool.clockResolutionNanos)}. A frame shorter than that says little.`,
        ]),
    ...variants.filter(({ errors }) => errors > 0).map(({ key, errors }) => `${key}: ${countOf(errors, 'call')} failed.`),
    ...notes,
  ];
}

const linksOf = ({ extras: { links = [] } }: TopicInput) => links.filter(({ href }) => isSafeAddress(href));

/** Relative addresses and http(s) only: never `javascript:`. */
export const isSafeAddress = (href: string): boolean => /^https?:\/\//i.test(href) || !/^[\s\u0000-\u001f]*[a-z][a-z0-9+.-]*:/i.test(href);
