import { warmCalls } from '../analyse/findings/variants.js';
import type { Analysis } from '../model/analysis.js';
import { htmlDocument } from './document.js';
import { html, type Html } from './html.js';
import type { ReportExtras } from './input.js';
import { packPage } from './page/page-data.js';
import { isSized, type Topic, type TopicInput } from './topic.js';
import { TOPICS } from './topics.js';
import { formatCount } from './words.js';

/**
 * The report as one HTML file. What can be read without a script is markup; the flamegraphs are drawn by the script
 * from the JSON at the end.
 */
export function renderReportHtml(analysis: Analysis, extras: ReportExtras = {}): string {
  const input = { analysis, extras };
  const shown = TOPICS.filter((topic) => topic.shown?.(input) ?? true);
  const drawn = shown.map((topic) => drawTopic(topic, input));
  return htmlDocument({
    title: analysis.model.name,
    version: analysis.environment.inferscope,
    masthead: masthead(input, shown),
    main: drawn.map(({ markup }) => markup),
    css: drawn.map((made) => made.css).join('\n'),
    content: packPage(analysis, extras),
    generatedAt: extras.generatedAt,
    jaegerUrl: extras.jaegerUrl,
  });
}

function masthead({ analysis, extras }: TopicInput, shown: readonly Topic[]): Html {
  const calls = warmCalls(analysis.variants);
  return html`<header>
    <a class="skip" href="#flame">Skip to the flamegraph</a>
    <p class="brand">Inferscope</p>
    <p class="subject">
      <b>${analysis.model.name}</b>
      <span class="muted"
        >${analysis.runtime} · ${analysis.inputSignature} · ${formatCount(calls)} warm
        calls${extras.generatedAt === undefined ? '' : ` · ${extras.generatedAt.slice(0, 10)}`}</span
      >
    </p>
    <nav aria-label="Sections">
      ${shown.map(({ id, nav }) => (nav === undefined ? '' : html`<a href="#${id}">${nav}</a>`))}<button type="button" id="theme" hidden>
        Theme: auto
      </button>
    </nav>
  </header>`;
}

function drawTopic({ id, title, html: draw }: Topic, input: TopicInput): { readonly markup: Html; readonly css: string } {
  const made = draw(input);
  const { markup, css } = isSized(made) ? made : { markup: made, css: '' };
  if (title === undefined) return { markup, css };
  return {
    markup: html`<section id="${id}" aria-labelledby="${id}-title">
      <h2 id="${id}-title">${title}</h2>
      ${markup}
    </section>`,
    css,
  };
}
