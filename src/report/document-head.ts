import { Html, html } from './html.js';
import { hashSource } from './page/page-assets.js';

/** What differs between the heads of our pages. */
export interface DocumentHead {
  readonly title: string;
  readonly style: string;
  /** The page's only script, where it has one. */
  readonly script?: string;
  /** `inferscope`, with its version where that is known. */
  readonly generator: string;
  readonly more?: Html;
}

/** Doctype and head of a page that needs nothing else: its policy allows only its own style and script. */
export function documentHead({ title, style, script, generator, more }: DocumentHead): Html {
  const policy = [
    "default-src 'none'",
    ...(script === undefined ? [] : [`script-src ${hashSource(script)}`]),
    `style-src ${hashSource(style)}`,
    'img-src data:',
    "base-uri 'none'",
    "form-action 'none'",
  ].join('; ');
  // Nothing but the style itself between its tags: the policy allows it by its hash.
  return html`${Html.trusted('<!doctype html>')}
<html lang="en"><head><meta charset="utf-8"><meta http-equiv="Content-Security-Policy" content="${policy}">
<meta name="viewport" content="width=device-width, initial-scale=1"><meta name="color-scheme" content="light dark"><meta name="generator" content="${generator}">
${more}<title>${title} – Inferscope</title><style>${Html.trusted(style)}</style></head>`;
}
