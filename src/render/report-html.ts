import type { Analysis } from '../model/analysis.js';
import { html, Html, jsonForScript } from './html.js';
import type { ReportExtras } from './input.js';
import { hashSource, readPageAssets } from './page-assets.js';
import { packPageData } from './page-data.js';
import { isSized, type Section, type SectionInput } from './section.js';
import { SECTIONS } from './sections/table-of-sections.js';
import { headlineOf } from './verdict.js';
import { formatCount } from './words.js';

/**
 * One HTML file that needs nothing else: no request leaves it, its policy allows only its own script and style, and
 * every name in it is text. What can be read without a script is markup; the flamegraphs are drawn by the script
 * from the JSON at the end.
 */
export function renderReportHtml(analysis: Analysis, extras: ReportExtras = {}): string {
  const { css, script } = readPageAssets();
  const input = { analysis, extras };
  const shown = SECTIONS.filter((section) => section.shown?.(input) ?? true);
  const drawn = shown.map((section) => drawSection(section, input));
  const style = [css, ...drawn.map((made) => made.css)].join('\n');
  const policy = `default-src 'none'; script-src ${hashSource(script)}; style-src ${hashSource(style)}; img-src data:; base-uri 'none'; form-action 'none'`;
  return html`${Html.trusted('<!doctype html>')}
<html lang="en"><head><meta charset="utf-8"><meta http-equiv="Content-Security-Policy" content="${policy}">
<meta name="viewport" content="width=device-width, initial-scale=1"><meta name="color-scheme" content="light dark"><meta name="generator" content="inferscope ${analysis.environment.inferscope}">
<title>${analysis.model.name} – Inferscope</title><style>${Html.trusted(style)}</style></head>
<body>${masthead(input, shown)}<main>${headline(analysis)}${drawn.map(({ markup }) => markup)}</main>
<footer><p>Written by Inferscope ${analysis.environment.inferscope}${extras.generatedAt === undefined ? '' : ` on ${extras.generatedAt}`}. This file is complete: it loads nothing and sends nothing.</p></footer>
<div id="tip" role="tooltip" hidden></div>
<script type="application/json" id="data">${jsonForScript(packPageData(analysis))}</script><script>${Html.trusted(script)}</script></body></html>
`.toString();
}

function masthead({ analysis, extras }: SectionInput, shown: readonly Section[]): Html {
  const calls = analysis.variants.reduce((sum, v) => sum + v.calls, 0);
  return html`<header><a class="skip" href="#flame">Skip to the flamegraph</a><p class="brand">Inferscope</p>
<p class="subject"><b>${analysis.model.name}</b> <span class="muted">${analysis.runtime} · ${analysis.inputSignature} · ${formatCount(calls)} warm calls${extras.generatedAt === undefined ? '' : ` · ${extras.generatedAt.slice(0, 10)}`}</span></p>
<nav aria-label="Sections">${shown.map(({ id, nav }) => (nav === undefined ? '' : html`<a href="#${id}">${nav}</a>`))}<button type="button" id="theme" hidden>Theme: auto</button></nav></header>`;
}

function headline(analysis: Analysis): Html {
  const { use, sure, act, tone } = headlineOf(analysis);
  return html`<section class="verdict tone-${tone}" aria-label="Verdict"><h1>${use}</h1><dl><dt>How sure</dt><dd>${sure}</dd><dt>What to do</dt><dd>${act}</dd></dl></section>`;
}

function drawSection({ id, title, render }: Section, input: SectionInput): { readonly markup: Html; readonly css: string } {
  const made = render(input);
  const body = isSized(made) ? made.markup : made;
  return {
    markup: html`<section id="${id}" aria-labelledby="${id}-title"><h2 id="${id}-title">${title}</h2>${body}</section>`,
    css: isSized(made) ? made.css : '',
  };
}
