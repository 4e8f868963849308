import { documentHead } from './document-head.js';
import { html, Html, type HtmlValue } from './html.js';
import { embedData } from './page/embed.js';
import type { PageContent } from './page/page-data.js';
import { readPageAssets } from './page/page-assets.js';

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
  const head = documentHead({
    title,
    style,
    script: assets.script,
    generator: `inferscope ${version}`,
    more: html`<meta name="inferscope-jaeger" content="${jaegerUrl}">\n`,
  });
  return html`${head}
<body>${masthead}<main>${main}</main>
<footer><p>Written by Inferscope ${version}${generatedAt === undefined ? '' : ` on ${generatedAt}`}. This file is complete: it loads nothing and sends nothing.</p></footer>
<div id="tip" role="tooltip" hidden></div>
${first}<script>${Html.trusted(assets.script)}</script>${later}</body></html>
`.toString();
}
