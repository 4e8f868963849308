import type { Analysis } from '../model/analysis.js';
import { html, Html, jsonForScript } from './html.js';
import type { ReportExtras } from './input.js';
import { hashSource, readPageAssets } from './page-assets.js';
import { packPageData } from './page-data.js';
import { renderAbout, renderAdvice, renderNotes } from './sections/about.js';
import { renderComparisons } from './sections/comparisons.js';
import { renderLatency } from './sections/latency.js';
import { renderStageBars } from './sections/stage-bars.js';
import { renderCold, renderKernels, renderLedger } from './sections/tables.js';
import { headlineOf } from './verdict.js';
import { formatCount } from './words.js';

/**
 * One HTML file that needs nothing else: no request leaves it, its policy allows only its own script and style, and
 * every name in it is text. What can be read without a script is markup; the flamegraphs are drawn by the script
 * from the JSON at the end.
 */
export function renderReportHtml(analysis: Analysis, extras: ReportExtras = {}): string {
  const { css, script } = readPageAssets();
  const bars = renderStageBars(analysis.variants);
  const style = `${css}\n${bars.css}`;
  const policy = `default-src 'none'; script-src ${hashSource(script)}; style-src ${hashSource(style)}; img-src data:; base-uri 'none'; form-action 'none'`;
  return html`${Html.trusted('<!doctype html>')}
<html lang="en"><head><meta charset="utf-8"><meta http-equiv="Content-Security-Policy" content="${policy}">
<meta name="viewport" content="width=device-width, initial-scale=1"><meta name="color-scheme" content="light dark"><meta name="generator" content="inferscope ${analysis.environment.inferscope}">
<title>${analysis.model.name} – Inferscope</title><style>${Html.trusted(style)}</style></head>
<body>${masthead(analysis, extras)}<main>${headline(analysis)}${sections(analysis, extras, bars.markup)}</main>
<footer><p>Written by Inferscope ${analysis.environment.inferscope}${extras.generatedAt === undefined ? '' : ` on ${extras.generatedAt}`}. This file is complete: it loads nothing and sends nothing.</p></footer>
<div id="tip" role="tooltip" hidden></div>
<script type="application/json" id="data">${jsonForScript(packPageData(analysis))}</script><script>${Html.trusted(script)}</script></body></html>
`.toString();
}

function masthead(analysis: Analysis, extras: ReportExtras): Html {
  const calls = analysis.variants.reduce((sum, v) => sum + v.calls, 0);
  return html`<header><a class="skip" href="#flame">Skip to the flamegraph</a><p class="brand">Inferscope</p>
<p class="subject"><b>${analysis.model.name}</b> <span class="muted">${analysis.runtime} · ${analysis.inputSignature} · ${formatCount(calls)} warm calls${extras.generatedAt === undefined ? '' : ` · ${extras.generatedAt.slice(0, 10)}`}</span></p>
<nav aria-label="Sections">${SECTIONS.map(([id, label]) => html`<a href="#${id}">${label}</a>`)}<button type="button" id="theme" hidden>Theme: auto</button></nav></header>`;
}

const SECTIONS = [
  ['stages', 'Stages'],
  ['flame', 'Flamegraph'],
  ['diff', 'Difference'],
  ['kernels-section', 'Kernels'],
  ['calls', 'Calls'],
  ['advice', 'Advice'],
  ['about', 'About'],
] as const;

function headline(analysis: Analysis): Html {
  const { use, sure, act, tone } = headlineOf(analysis);
  return html`<section class="verdict tone-${tone}" aria-label="Verdict"><h1>${use}</h1><dl><dt>How sure</dt><dd>${sure}</dd><dt>What to do</dt><dd>${act}</dd></dl></section>`;
}

function sections(analysis: Analysis, extras: ReportExtras, bars: Html): readonly Html[] {
  const { variants, comparisons } = analysis;
  const noScript = html`<noscript><p class="muted">The flamegraphs need this file's own script; everything else is here without it.</p></noscript>`;
  return [
    section('stages', 'Where a call’s time goes', html`<p class="switch" data-bars hidden><button type="button" aria-pressed="true" data-scale="time">time</button><button type="button" aria-pressed="false" data-scale="share">share</button></p>${bars}`),
    section('comparison', 'Which variant is faster', renderComparisons(comparisons)),
    section('flame', 'Flamegraph', html`${noScript}<div id="flame-view"></div>`),
    comparisons.length === 0 ? html`` : section('diff', 'What differs', html`${noScript}<div id="diff-view"></div>`),
    section('kernels-section', 'Kernels', renderKernels(variants)),
    section('calls', 'Calls, from cold to warm', html`${renderLatency(variants)}<h3>Cold calls</h3>${renderCold(variants)}`),
    section('ledger', 'Stage ledger', html`<p class="muted">Mean of each warm call. Every nanosecond belongs to one stage, so the sum is the call.</p>${renderLedger(variants)}`),
    section('advice', 'Advice', renderAdvice(analysis.advice)),
    section('about', 'Model and machine', renderAbout(analysis)),
    section('notes', 'Notes and tool cost', renderNotes(analysis, extras)),
  ];
}

const section = (id: string, title: string, body: Html): Html => html`<section id="${id}" aria-labelledby="${id}-title"><h2 id="${id}-title">${title}</h2>${body}</section>`;
