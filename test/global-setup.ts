import { pathToFileURL } from 'node:url';

/** The report's page is bundled before the tests: they run the sources, the page only exists as a bundle. */
export async function setup(): Promise<void> {
  const script = pathToFileURL('scripts/bundle-page.mjs').href;
  const { bundlePage } = (await import(script)) as { bundlePage: () => Promise<void> };
  await bundlePage();
}
