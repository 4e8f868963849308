import { html, type Html } from '../html.js';

/** The empty host of what the page's script draws (`page/browser/`) from the packed data. */
export const drawnByBrowser = (host: string): Html =>
  html`<noscript><p class="muted">The flamegraphs need this file's own script; everything else is here without it.</p></noscript>
    <div id="${host}"></div>`;
