import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { pathToFileURL } from 'node:url';

const FOLDER = 'inferscope-tests-';

/**
 * The report's page is bundled before the tests: they run the sources, the page only exists as a bundle. Whatever tests, and
 * the programs they start, write to the temporary folder goes to one that is gone at the end.
 */
export async function setup(): Promise<(() => void) | undefined> {
  // Each project of a configuration comes here.
  if (path.basename(tmpdir()).startsWith(FOLDER)) return undefined;
  const script = pathToFileURL('scripts/bundle-page.mjs').href;
  const { bundlePage } = (await import(script)) as { bundlePage: () => Promise<void> };
  await bundlePage();
  const folder = mkdtempSync(path.join(tmpdir(), FOLDER));
  process.env['TMPDIR'] = folder;
  return () => rmSync(folder, { recursive: true, force: true, maxRetries: 5 });
}
