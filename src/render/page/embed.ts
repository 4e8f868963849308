import { deflateRawSync } from 'node:zlib';
import { html, Html, jsonForScript } from '../html.js';

/** From this many characters on the page's data is stored deflated: a fifth to a tenth of its size. */
const LARGE = 256 * 1024;

/** The page's data as a data block: JSON that can be read in the file, or deflated and in base 64 when it is large. */
export function embedData(data: unknown): Html {
  const json = jsonForScript(data).toString();
  if (json.length < LARGE) return html`<script type="application/json" id="data">${Html.trusted(json)}</script>`;
  const packed = deflateRawSync(json, { level: 6 }).toString('base64');
  return html`<script type="text/plain" id="data" data-encoding="deflate-raw">${Html.trusted(packed)}</script>`;
}
