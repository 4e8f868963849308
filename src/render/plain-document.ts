import { Html, html } from './html.js';
import { hashSource, readPageAssets } from './page/page-assets.js';

/** One offline page without a script: the report's look for other answers. `title` is text. */
export function renderDocument(title: string, subject: string, body: readonly Html[], css = ''): string {
  const style = `${readPageAssets().css}\n${css}`;
  const policy = `default-src 'none'; style-src ${hashSource(style)}; img-src data:; base-uri 'none'; form-action 'none'`;
  return html`${Html.trusted('<!doctype html>')}
<html lang="en"><head><meta charset="utf-8"><meta http-equiv="Content-Security-Policy" content="${policy}">
<meta name="viewport" content="width=device-width, initial-scale=1"><meta name="color-scheme" content="light dark"><meta name="generator" content="inferscope">
<title>${title} – Inferscope</title><style>${Html.trusted(style)}</style></head>
<body><header><p class="brand">Inferscope</p><p class="subject">${subject}</p></header><main><section class="verdict"><h1>${title}</h1></section>${body}</main>
<footer><p>This file is complete: it loads nothing and sends nothing.</p></footer></body></html>
`.toString();
}
