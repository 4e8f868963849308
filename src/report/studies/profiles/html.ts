import type { ForeignProfile } from '../../../model/foreign.js';
import type { SpanTraces } from '../../../model/span-traces.js';
import { htmlDocument } from '../../document.js';
import { html, type Html } from '../../html.js';
import { packPage } from '../../page/page-data.js';
import type { VariantTree } from '../../page/variant-tree.js';
import { tableHtml } from '../../table.js';
import { headlineHtml } from '../../topics/verdict.js';
import { pathSentences, pathTable } from './critical-path.js';
import { profilesHeadline } from './headline.js';
import { shiftsTable, topFramesTable, type ProfileFrameTable } from './tables.js';
import { notesOf, type ProfilesView } from './view.js';

const MAX_ROWS = 100;

/** A page about profiles of other tools: flamegraph, difference, heaviest frames. One file, like the report. */
export function renderProfilesHtml(view: ProfilesView): string {
  const formats = [...new Set(view.profiles.map(({ format }) => format))].join(', ');
  const drawn = view.comparisons.length > 0 ? [] : view.profiles.flatMap(({ traces }) => traces ?? []);
  const noScript = html`<noscript><p class="muted">The flamegraphs need this file's own script; the tables do not.</p></noscript>`;
  return htmlDocument({
    title: view.title,
    version: view.version,
    masthead: html`<header><a class="skip" href="#flame">Skip to the flamegraph</a><p class="brand">Inferscope</p><p class="subject"><b>${view.title}</b> <span class="muted">${formats}</span></p>
<nav aria-label="Sections"><a href="#flame">Flamegraph</a>${view.paths.length > 0 ? html`<a href="#path">Critical path</a>` : ''}${drawn.length > 0 ? html`<a href="#timeline">In time order</a>` : ''}${view.comparisons.length > 0 ? html`<a href="#diff">Difference</a>` : ''}<a href="#frames">Frames</a><button type="button" id="theme" hidden>Theme: auto</button></nav></header>`,
    main: [
      headlineHtml(profilesHeadline(view)),
      section('flame', 'Flamegraph', html`${noScript}<div id="flame-view"></div>`),
      view.paths.length === 0
        ? ''
        : section(
            'path',
            'Critical path',
            html`${view.paths.map(({ profile, path }) => html`<h3>${profile}</h3>${tableHtml(pathTable(path, MAX_ROWS), 'tall')}<p>${pathSentences(path).join(' ')}</p>`)}`,
          ),
      drawn.length === 0 ? '' : section('timeline', 'In time order', html`${noScript}<div id="call-view"></div>`),
      view.comparisons.length === 0
        ? ''
        : section(
            'diff',
            'What differs',
            html`${noScript}<div id="diff-view"></div>${view.comparisons.map((comparison) => html`<h3>${comparison.baseline} → ${comparison.candidate}</h3>${framesHtml(shiftsTable(comparison, MAX_ROWS))}`)}`,
          ),
      section(
        'frames',
        'Heaviest frames',
        html`${view.profiles.map((profile) => html`<h3>${profile.name}</h3>${framesHtml(topFramesTable(profile, MAX_ROWS))}`)}`,
      ),
      notesOf(view).length === 0 ? '' : section('notes', 'Notes', html`<ul>${notesOf(view).map((note) => html`<li>${note}</li>`)}</ul>`),
    ],
    content: packPage(
      {
        confidence: view.confidence,
        whole: 'profile',
        variants: view.profiles.map((profile) => ({ key: profile.name, calls: 1, tree: profile.tree, ...timelineOf(profile, drawn) })),
        comparisons: view.comparisons,
      },
      { recordings: drawn },
    ),
  });
}

/** Its traces as calls of a page. */
function timelineOf({ traces }: ForeignProfile, drawn: readonly SpanTraces[]): Pick<VariantTree, 'timeline'> {
  const recording = traces === undefined ? -1 : drawn.indexOf(traces);
  if (traces === undefined || recording < 0) return {};
  return {
    timeline: traces.calls.map(({ startNanos, latencyNanos, temperature }, call) => ({
      startNanos,
      latencyNanos,
      temperature,
      traced: false,
      gcNanos: 0,
      source: { recording, call },
    })),
  };
}

const section = (id: string, title: string, body: Html): Html =>
  html`<section id="${id}" aria-labelledby="${id}-title"><h2 id="${id}-title">${title}</h2>${body}</section>`;

const framesHtml = (table: ProfileFrameTable): Html =>
  table.rows.length === 0 ? html`<p class="muted">${table.empty}</p>` : tableHtml(table, 'tall');
