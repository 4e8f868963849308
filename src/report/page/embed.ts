import { deflateRawSync } from 'node:zlib';
import { html, Html, jsonForScript } from '../html.js';
import type { PageContent } from './page-data.js';

/** From this many characters on the page's data is stored deflated: a fifth to a tenth of its size. */
const LARGE = 256 * 1024;

/** Data blocks of a page: those that its script needs first, which stand before it, and the others. */
export interface EmbeddedData {
  readonly first: readonly Html[];
  readonly later: readonly Html[];
}

/** The page's data as data blocks: JSON that can be read in the file, or each deflated and in base 64 when they are large. */
export function embedData({ data, parts }: PageContent): EmbeddedData {
  const blocks = [
    { id: 'data', json: jsonForScript(data).toString() },
    ...parts.map(({ name, content }) => ({ id: `data-${name}`, json: jsonForScript(content).toString() })),
  ];
  const large = blocks.reduce((sum, { json }) => sum + json.length, 0) >= LARGE;
  const drawn = blocks.map(({ id, json }) =>
    large ? deflated(id, json) : html`<script type="application/json" id="${id}">${Html.trusted(json)}</script>`,
  );
  return { first: drawn.slice(0, 2), later: drawn.slice(2) };
}

const deflated = (id: string, json: string): Html =>
  html`<script type="text/plain" id="${id}" data-encoding="deflate-raw">${Html.trusted(deflateRawSync(json, { level: 6 }).toString('base64'))}</script>`;
