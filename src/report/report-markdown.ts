import type { Analysis } from '../model/analysis.js';
import type { ReportExtras } from './input.js';
import type { Topic, TopicInput } from './topic.js';
import { TOPICS } from './topics.js';

/** The report as Markdown that also reads well in a terminal: the topics of the page with the same facts. */
export function renderReportMarkdown(analysis: Analysis, extras: ReportExtras = {}): string {
  const input = { analysis, extras };
  const blocks = TOPICS.filter((topic) => topic.shown?.(input) ?? true).map((topic) => textOf(topic, input));
  return `${blocks.filter((block) => block !== '').join('\n\n')}\n`;
}

function textOf({ title, markdown }: Topic, input: TopicInput): string {
  const body = typeof markdown === 'function' ? markdown(input) : '';
  return body === '' || title === undefined ? body : `## ${title}\n\n${body}`;
}
