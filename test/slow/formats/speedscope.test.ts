import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { pathToFileURL } from 'node:url';
import { chromium, type Browser } from 'playwright-core';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { WRITTEN } from './samples.js';

/** The page of the npm package `speedscope`: its own importers, as its command line starts them. */
const PAGE = path.join(path.dirname(createRequire(import.meta.url).resolve('speedscope/package.json')), 'dist/release/index.html');
const folder = mkdtempSync(path.join(tmpdir(), 'inferscope-speedscope-'));
let browser: Browser;

/** Debian's, installed by the script when there is none. */
const findChromium = (): string => execFileSync(process.execPath, ['scripts/chromium.mjs'], { encoding: 'utf8' }).trim();

beforeAll(async () => {
  browser = await chromium.launch({ executablePath: findChromium(), args: ['--no-sandbox'] });
});
afterAll(async () => {
  await browser.close();
  rmSync(folder, { recursive: true, force: true });
});

/** Opens a file in speedscope and turns to its table of frames; gives what the page shows and what it logged. */
async function openIn(name: string, content: string | Uint8Array): Promise<{ shown: string; log: string }> {
  const script = path.join(folder, `${name}.js`);
  writeFileSync(
    script,
    `speedscope.loadFileFromBase64(${JSON.stringify(name)}, ${JSON.stringify(Buffer.from(content).toString('base64'))})`,
  );
  const page = await browser.newPage();
  const log: string[] = [];
  page.on('console', (message) => log.push(message.text()));
  page.on('pageerror', (error) => log.push(error.message));
  await page.goto(`${pathToFileURL(PAGE).href}#localProfilePath=${script}`);
  await page.waitForFunction(() => /Sandwich|went wrong/.test(document.body.innerText), undefined, { timeout: 30_000 });
  await page.keyboard.press('3');
  await page.waitForFunction(() => /Symbol Name|went wrong/i.test(document.body.innerText), undefined, { timeout: 30_000 });
  const shown = await page.evaluate(() => document.body.innerText);
  await page.close();
  return { shown, log: log.join('\n') };
}

const IMPORTERS: Readonly<Record<string, RegExp>> = {
  'run.speedscope.json': /Importing as speedscope json file/,
  'run.nanos.collapsedstack.txt': /Importing as collapsed stack format/,
  'run.trace.json': /Importing as Trace Event Format profile/,
  'run.cpuprofile': /Importing as Chrome CPU Profile/,
  'run.pb.gz': /Importing as protobuf encoded pprof file/,
};

test.each(Object.keys(WRITTEN))('speedscope imports %s and lists its frames', async (name) => {
  const { shown, log } = await openIn(name, WRITTEN[name]!);
  expect(log).toMatch(IMPORTERS[name]!);
  expect(log).not.toMatch(/Failed to load/);
  expect(shown).toMatch(/MatMul/);
  expect(shown).toMatch(/predict/);
});

test('speedscope refuses what is damaged, so the tests above can fail', async () => {
  const { shown, log } = await openIn('run.speedscope.json', String(WRITTEN['run.speedscope.json']).replace('"type":"C"', '"type":"O"'));
  expect(shown).toContain('Something went wrong');
  expect(log).toMatch(/Tried to leave frame/);
});
