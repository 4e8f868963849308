import { createHash } from 'node:crypto';
import { existsSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

/** The report's own style sheet and script, which `scripts/bundle-page.mjs` puts into dist/. */
export interface PageAssets {
  readonly css: string;
  readonly script: string;
}

/** Beside this file when built; in dist/ when the sources run directly (tests). */
const PLACES = ['./browser/', '../../../dist/report/page/browser/'];

/** Reads the page's assets. @throws Error when the page was not built. */
export function readPageAssets(): PageAssets {
  const folder = PLACES.map((place) => new URL(place, import.meta.url)).find((url) => existsSync(fileURLToPath(new URL('page.js', url))));
  if (folder === undefined) throw new Error('The page of the report is not built: run `npm run build`.');
  const read = (name: string): string => readFileSync(fileURLToPath(new URL(name, folder)), 'utf8');
  return { css: read('page.css'), script: read('page.js') };
}

/** A content-security-policy source for an inline script or style: `'sha256-…'`. */
export const hashSource = (text: string): string => `'sha256-${createHash('sha256').update(text, 'utf8').digest('base64')}'`;
