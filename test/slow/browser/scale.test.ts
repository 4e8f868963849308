import { afterAll, beforeAll, expect, it } from 'vitest';
import { toldAnalysis as analyse } from '../../../src/runs/told.js';
import { extrasOf } from '../../../src/runs/report-extras.js';
import { renderReportHtml } from '../../../src/report/report-html.js';
import { manyFrames } from './fixtures.js';
import { detailsOf, inkOf, ReportBrowser } from './harness.js';

const FRAMES = 50_000;

let browser: ReportBrowser;
beforeAll(async () => {
  browser = await ReportBrowser.start();
});
afterAll(() => browser.stop());

it('opens and zooms 50,000 frames of a million spans, and prints how long that took', async () => {
  const recording = manyFrames(FRAMES);
  const started = performance.now();
  const report = renderReportHtml(analyse([recording]), extrasOf([recording]));
  const made = performance.now();
  expect(report.length).toBeLessThan(5e6);
  const { page, complaints, requests } = await browser.open(report);
  const opened = performance.now();
  expect(await inkOf(page, '#flame-view canvas')).toBeGreaterThan(0.5);
  const times = await page.evaluate(async () => {
    const canvas = document.querySelector<HTMLCanvasElement>('#flame-view canvas')!;
    const shown = (): Promise<unknown> => new Promise((done) => requestAnimationFrame(() => setTimeout(done)));
    const box = canvas.getBoundingClientRect();
    const spent: number[] = [];
    for (let i = 0; i < 8; i++) {
      const from = performance.now();
      canvas.dispatchEvent(new MouseEvent('click', { clientX: box.left + box.width * (0.1 + i * 0.1), clientY: box.top + 31 }));
      await shown();
      spent.push(performance.now() - from);
      canvas.dispatchEvent(new KeyboardEvent('keydown', { key: 'Backspace' }));
      await shown();
    }
    return spent.sort((a, b) => a - b);
  });
  expect(await detailsOf(page, '#flame-view')).toContain('predict');
  expect([complaints, requests]).toEqual([[], []]);
  console.log(
    `${recording.spans.length.toLocaleString('en-US')} spans, ${FRAMES.toLocaleString('en-US')} frames: report ${((made - started) / 1000).toFixed(1)} s, ${(report.length / 1e6).toFixed(1)} MB; all views open after ${((opened - made) / 1000).toFixed(1)} s; a zoom ${times[4]!.toFixed(0)} ms (${times[0]!.toFixed(0)} to ${times.at(-1)!.toFixed(0)})`,
  );
});
