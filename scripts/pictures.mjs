/**
 * `node scripts/pictures.mjs [RUN]`: makes the README's pictures again (docs/pictures/), in Chromium, from the report of a
 * run folder; without one, from the sample that the README shows.
 */
import { existsSync, mkdirSync } from 'node:fs';
import path from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { chromium } from 'playwright-core';
import { CHROMIUM_FLAGS, findChromium } from './chromium.mjs';

const root = fileURLToPath(new URL('..', import.meta.url));
const run = path.resolve(process.argv[2] ?? path.join(root, 'profiles/samples/audio'));
const report = path.join(run, 'report.html');
if (!existsSync(report)) {
  console.error(`There is no report at ${report}: name a run folder, or make the sample with scripts/sample-report.mjs.`);
  process.exit(66);
}
const folder = path.join(root, 'docs/pictures');
mkdirSync(folder, { recursive: true });

/**
 * `crop`: what of the page is shown; a section by its anchor, or the first screen.
 *
 * @type {{ name: string, size: { width: number, height: number }, scheme: 'light' | 'dark', crop: string | null }[]}
 */
const PICTURES = [
  { name: 'report', size: { width: 1200, height: 900 }, scheme: 'light', crop: null },
  { name: 'difference', size: { width: 1200, height: 900 }, scheme: 'light', crop: '#diff' },
  { name: 'timeline', size: { width: 1200, height: 900 }, scheme: 'dark', crop: '#timeline' },
];

const browser = await chromium.launch({ executablePath: findChromium(), args: CHROMIUM_FLAGS });
try {
  for (const { name, size, scheme, crop } of PICTURES) {
    const page = await browser.newPage({ viewport: size, colorScheme: scheme });
    await page.goto(pathToFileURL(report).href);
    await page.locator('html[data-ready]').waitFor({ state: 'attached' });
    if (name === 'difference') await choosePair(page);
    if (name === 'timeline') await chooseCall(page);
    const file = path.join(folder, `${name}.png`);
    if (crop === null) await page.screenshot({ path: file });
    else await shoot(page, crop, file);
    await page.close();
    console.log(file);
  }
} finally {
  await browser.close();
}

/** A section with a margin around it. */
async function shoot(page, section, file) {
  await page.locator(section).scrollIntoViewIfNeeded();
  const box = await page.locator(section).boundingBox();
  const top = await page.evaluate('scrollY');
  const clip = { x: Math.max(0, box.x - 24), y: Math.max(0, box.y + top - 20), width: box.width + 48, height: box.height + 40 };
  await page.screenshot({ path: file, fullPage: true, clip });
}

/** The pair that says most: the baseline against the graph, where the run has one. */
async function choosePair(page) {
  const options = await page.locator('#diff-view select').first().locator('option').allTextContents();
  const graph = options.findIndex((text) => text.includes('→ graph/'));
  if (graph >= 0) await page.locator('#diff-view select').first().selectOption({ index: graph });
  await page.evaluate('new Promise((done) => requestAnimationFrame(() => setTimeout(done)))');
}

/** A usual call: the slowest shows what stalled the machine. */
async function chooseCall(page) {
  const calls = page.locator('#timeline select').first();
  const usual = (await calls.locator('option').allTextContents()).findIndex((text) => text.includes('median'));
  if (usual >= 0) await calls.selectOption({ index: usual });
  await page.evaluate('new Promise((done) => requestAnimationFrame(() => setTimeout(done)))');
}
