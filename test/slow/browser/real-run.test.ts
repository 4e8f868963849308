import { mkdtempSync, readFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { execa } from 'execa';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { coloursOf, ReportBrowser, rgb } from './harness.js';

let browser: ReportBrowser;
beforeAll(async () => {
  browser = await ReportBrowser.start();
});
afterAll(() => browser.stop());

it('marks garbage collection of a real run: the call with the longest pause is there, with the pause at the bottom', async () => {
  const out = path.join(mkdtempSync(path.join(tmpdir(), 'inferscope-gc-')), 'run');
  // A young generation of 1 MiB: dozens of pauses inside of calls.
  await execa(process.execPath, [
    '--max-semi-space-size=1',
    path.resolve('dist/cli/main.js'),
    'profile',
    path.resolve('test/fixtures/layers-tiny'),
    '--variants',
    'uncompiled/predict,graph/predict',
    '--calls',
    '300',
    '--quick',
    '--out',
    out,
  ]);
  const opened = await browser.open(readFileSync(path.join(out, 'report.html'), 'utf8'));
  const { page } = opened;
  const select = page.locator('#call-view select');
  const call = await select.evaluate(
    (element) =>
      [...(element as HTMLSelectElement).options].find(({ textContent }) => textContent.includes('longest garbage collection'))?.value,
  );
  expect(call).toBeDefined();
  await select.selectOption(call!);
  await page.waitForFunction('document.querySelector("#call-view .facts").textContent.includes("garbage collection pause")');
  await page.evaluate('new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done)))');
  await page.locator('#call-view input[type=search]').fill('^garbage collection');
  expect(await page.locator('#call-view .controls [role=status]').innerText()).toMatch(/^[1-9]\d* frames?,/);
  const gc = await page.evaluate(() => getComputedStyle(document.documentElement).getPropertyValue('--stage-gc').trim());
  const near = async (): Promise<number> =>
    [...(await coloursOf(page, '#call-view canvas'))]
      .filter(([colour]) => rgb(colour).every((channel, i) => Math.abs(channel - rgb(gc)[i]!) < 40))
      .reduce((sum, [, count]) => sum + count, 0);
  await expect.poll(near).toBeGreaterThan(20);
  expect(await page.locator('svg[aria-label^="Memory of the process"] path').count()).toBe(3);
  expect([opened.complaints, opened.requests]).toEqual([[], []]);
});
