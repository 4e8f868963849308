import type { Analysis } from '../model/analysis.js';
import { htmlDocument } from './document.js';
import { html, type Html } from './html.js';
import type { ReportExtras } from './input.js';
import { packPage } from './page/page-data.js';
import { isSized, type Section, type SectionInput } from './topic.js';
import { SECTIONS } from './topics.js';
import { headlineOf } from './topics/verdict.js';
import { formatCount } from './words.js';

/**
 * The report as one HTML file. What can be read without a script is markup; the flamegraphs are drawn by the script
 * from the JSON at the end.
 */
export function renderReportHtml(analysis: Analysis, extras: ReportExtras = {}): string {
  const input = { analysis, extras };
  const shown = SECTIONS.filter((section) => section.shown?.(input) ?? true);
  const drawn = shown.map((section) => drawSection(section, input));
  return htmlDocument({
    title: analysis.model.name,
    version: analysis.environment.inferscope,
    masthead: masthead(input, shown),
    main: [headline(analysis), ...drawn.map(({ markup }) => markup)],
    css: drawn.map((made) => made.css).join('\n'),
    content: packPage(analysis, extras),
    generatedAt: extras.generatedAt,
    jaegerUrl: extras.jaegerUrl,
  });
}

function masthead({ analysis, extras }: SectionInput, shown: readonly Section[]): Html {
  const calls = analysis.variants.reduce((sum, v) => sum + v.calls, 0);
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

function headline(analysis: Analysis): Html {
  const { use, sure, act, tone } = headlineOf(analysis);
  return html`<section class="verdict tone-${tone}" aria-label="Verdict">
    <h1>${use}</h1>
    <dl>
      <dt>How sure</dt>
      <dd>${sure}</dd>
      <dt>What to do</dt>
      <dd>${act}</dd>
    </dl>
  </section>`;
}

function drawSection({ id, title, render }: Section, input: SectionInput): { readonly markup: Html; readonly css: string } {
  const made = render(input);
  const body = isSized(made) ? made.markup : made;
  return {
    markup: html`<section id="${id}" aria-labelledby="${id}-title">
      <h2 id="${id}-title">${title}</h2>
      ${body}
    </section>`,
    css: isSized(made) ? made.css : '',
  };
}
