import { html, Html, type HtmlValue } from './html.js';
import { embedData } from './page/embed.js';
import type { PageContent } from './page/page-data.js';
import { hashSource, readPageAssets } from './page/page-assets.js';

/** What differs between the pages that Inferscope writes. */
export interface DocumentParts {
  readonly title: string;
  /** Inferscope's version. */
  readonly version: string;
  readonly masthead: Html;
  readonly main: HtmlValue;
  /** Rules of this page alone: the content security policy allows no inline style. */
  readonly css?: string;
  /** What the page's script draws. */
  readonly content: PageContent;
  /** ISO 8601. */
  readonly generatedAt?: string | undefined;
  /** Base address of a Jaeger UI that has the traces. */
  readonly jaegerUrl?: string | undefined;
}

/**
 * One HTML file that needs nothing else: no request leaves it, its policy allows only its own script and style, and
 * every name in it is text.
 */
export function htmlDocument({ title, version, masthead, main, css = '', content, generatedAt, jaegerUrl = '' }: DocumentParts): string {
  const assets = readPageAssets();
  const { first, later } = embedData(content);
  const style = [assets.css, css].join('\n');
  const policy = `default-src 'none'; script-src ${hashSource(assets.script)}; style-src ${hashSource(style)}; img-src data:; base-uri 'none'; form-action 'none'`;
  return html`${Html.trusted('<!doctype html>')}
<html lang="en"><head><meta charset="utf-8"><meta http-equiv="Content-Security-Policy" content="${policy}">
<meta name="viewport" content="width=device-width, initial-scale=1"><meta name="color-scheme" content="light dark"><meta name="generator" content="inferscope ${version}">
<meta name="inferscope-jaeger" content="${jaegerUrl}">
<title>${title} – Inferscope</title><style>${Html.trusted(style)}</style></head>
<body>${masthead}<main>${main}</main>
<footer><p>Written by Inferscope ${version}${generatedAt === undefined ? '' : ` on ${generatedAt}`}. This file is complete: it loads nothing and sends nothing.</p></footer>
<div id="tip" role="tooltip" hidden></div>
${first}<script>${Html.trusted(assets.script)}</script>${later}</body></html>
`.toString();
}
