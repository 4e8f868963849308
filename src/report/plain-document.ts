import { documentHead } from './document-head.js';
import { html, type Html } from './html.js';
import { readPageAssets } from './page/page-assets.js';

/** One offline page without a script: the report's look for other answers. `title` is text. */
export function renderDocument(title: string, subject: string, body: readonly Html[], css = ''): string {
  const style = `${readPageAssets().css}\n${css}`;
  return html`${documentHead({ title, style, generator: 'inferscope' })}
<body><header><p class="brand">Inferscope</p><p class="subject">${subject}</p></header><main><section class="verdict"><h1>${title}</h1></section>${body}</main>
<footer><p>This file is complete: it loads nothing and sends nothing.</p></footer></body></html>
`.toString();
}
