/**
 * `node bench/render.mjs [--json] [--smoke] [--spans N] [--frames N] [--ours]`: what a recording of a million spans costs to turn into a report, to open and to zoom.
 *
 * The recording has 20 calls of two variants, each with 50,000 frames of its own path: no tree gets larger. A child reads
 * it from disk, analyses it and writes the page; Chromium opens it. Beside it, on the same frames: speedscope's import, and
 * d3-flame-graph's drawing and zoom, in the same browser; 0x on a `.cpuprofile` of as many samples as it can open.
 * A zoom is timed from the click to the end of the frame that shows it. Needs `npm run build` and a Chromium.
 */
import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { parseArgs } from 'node:util';
import { CHROMIUM_FLAGS, findChromium } from '../scripts/chromium.mjs';
import { manyFrames } from './render/recording.mjs';
import { d3Page, speedscopePage, stackFile, zeroX } from './render/rivals.mjs';
import { writeRecording } from '../dist/record/writer.js';

const UNAVAILABLE = 69;
/** Most that a rival may take for all of it; what has not ended by then cannot open this many frames in use. */
const RIVAL_MILLIS = 60_000;
const { values } = parseArgs({ options: { json: { type: 'boolean' }, smoke: { type: 'boolean', default: false }, spans: { type: 'string' }, frames: { type: 'string' }, ours: { type: 'boolean', default: false } } });
const spans = Number(values.spans ?? (values.smoke ? 20_000 : 1_000_000));
const frames = Number(values.frames ?? (values.smoke ? 1000 : 50_000));
const folder = mkdtempSync(path.join(tmpdir(), 'inferscope-render-'));
const results = [];
const add = (name, value, more = {}) => results.push({ name, value, low: value, high: value, ...more });
const spread = (name, all, more = {}) => {
  const sorted = [...all].sort((a, b) => a - b);
  results.push({ name, value: round(sorted[sorted.length >> 1]), low: round(sorted[0]), high: round(sorted.at(-1)), ...more });
};
const round = (value) => Number(value.toPrecision(3));

let chromium;
try {
  chromium = findChromium();
} catch (error) {
  console.error(error.message);
  process.exit(UNAVAILABLE);
}
const { chromium: playwright } = await import('playwright-core');
try {
  const file = path.join(folder, 'main.isr');
  const recording = manyFrames(frames, spans);
  writeRecording(file, recording);
  const report = path.join(folder, 'report.html');
  const child = makeReport(file, report);
  add('render.report.seconds', round(child.seconds), { goal: 5, spans: recording.spans.length, frames, cpuSeconds: round(child.cpuSeconds) });
  add('render.report.peak-mebibytes', Math.round(child.peakMebibytes), { goal: 1024 });
  add('render.report.megabytes', round(statSync(report).size / 1e6), { goal: 5 });
  const browser = await playwright.launch({ executablePath: chromium, args: [...CHROMIUM_FLAGS, '--allow-file-access-from-files'] });
  try {
    await timePage(browser, 'inferscope', report, { ready: '#flame-view canvas', zoom: zoomOurs });
    if (!values.ours) await rival('d3-flame-graph', () => timePage(browser, 'd3-flame-graph', d3Page(folder, recording), { ready: 'g.frame', zoom: zoomD3, rounds: 1 }));
    if (!values.ours) await rival('speedscope', () => timePage(browser, 'speedscope', speedscopePage(folder, stackFile(folder, recording)), { ready: 'canvas', rounds: 1 }));
  } finally {
    await browser.close();
  }
  const other = values.ours ? { seconds: null, reason: 'only ours was asked for' } : zeroX(folder, recording);
  if (other.seconds === null) console.error(`render: 0x left out: ${other.reason}`);
  else add('render.0x.seconds', round(other.seconds), { frames: other.frames });
} finally {
  rmSync(folder, { recursive: true, force: true });
}
if (values.json) console.log(JSON.stringify({ results }, null, 2));
else for (const { name, value, low, high, goal } of results) console.log(`${name}: ${value} (${low} to ${high})${goal === undefined ? '' : `, goal at most ${goal}`}`);

/** Recording to page in a process of its own, so that its memory can be told. */
function makeReport(file, report) {
  const script = `
    const started = performance.now();
    const [, file, report, dist] = process.argv;
    const from = (name) => import(dist + name);
    const { readRecording } = await from('record/reader.js');
    const { analyse } = await from('analyse/analyse.js');
    const { extrasOf } = await from('api/report-extras.js');
    const { renderReportHtml } = await from('render/report-html.js');
    const { writeFileSync } = await import('node:fs');
    const recordings = [readRecording(file)];
    writeFileSync(report, renderReportHtml(analyse(recordings), extrasOf(recordings)));
    const { user, system } = process.cpuUsage();
    console.log(JSON.stringify({ seconds: (performance.now() - started) / 1000, cpuSeconds: (user + system) / 1e6, peakMebibytes: process.resourceUsage().maxRSS / 1024 }));`;
  const dist = pathToFileURL(fileURLToPath(new URL('../dist/', import.meta.url))).href;
  const { status, stdout } = spawnSync(process.execPath, ['--input-type=module', '-e', script, file, report, dist], { encoding: 'utf8', stdio: ['ignore', 'pipe', 'inherit'] });
  if (status !== 0) throw new Error('the report could not be made');
  return JSON.parse(stdout);
}

async function rival(name, measure) {
  let timer;
  const late = new Promise((_, reject) => (timer = setTimeout(() => reject(new Error(`it did not end within ${RIVAL_MILLIS / 1000} s`)), RIVAL_MILLIS)));
  try {
    await Promise.race([measure(), late]);
  } catch (error) {
    console.error(`render: ${name} left out: ${error.message.split('\n')[0]}`);
  } finally {
    clearTimeout(timer);
  }
}

/** Opens a page a few times, then zooms into it a few times. */
async function timePage(browser, name, page, { ready, zoom, rounds = 3 }) {
  const opened = [];
  const zoomed = [];
  for (let i = 0; i < (values.smoke ? 1 : rounds); i++) {
    const context = await browser.newContext({ viewport: { width: 1200, height: 900 } });
    const tab = await context.newPage();
    const started = performance.now();
    await tab.goto(page.startsWith('file:') ? page : pathToFileURL(page).href);
    await tab.locator(ready).first().waitFor({ timeout: RIVAL_MILLIS });
    await tab.evaluate('new Promise((done) => requestAnimationFrame(() => setTimeout(done)))');
    opened.push((performance.now() - started) / 1000);
    if (zoom !== undefined) zoomed.push(...(await tab.evaluate(zoom)));
    await context.close();
  }
  spread(`render.${name}.open-seconds`, opened, name === 'inferscope' ? { goal: 1 } : {});
  if (zoomed.length > 0) spread(`render.${name}.zoom-milliseconds`, zoomed, name === 'inferscope' ? { goal: 50 } : {});
}

/** In the page: clicks on frames of the second row and back, each timed to the end of the drawn frame. */
async function zoomOurs() {
  const canvas = document.querySelector('#flame-view canvas');
  canvas.scrollIntoView({ block: 'center' });
  const shown = () => new Promise((done) => requestAnimationFrame(() => setTimeout(done)));
  await shown();
  const times = [];
  for (let i = 0; i < 10; i++) {
    const box = canvas.getBoundingClientRect();
    const at = { clientX: box.left + box.width * (0.05 + i * 0.09), clientY: box.top + 21 + 10, bubbles: true };
    for (const act of [() => canvas.dispatchEvent(new MouseEvent('click', at)), () => canvas.dispatchEvent(new KeyboardEvent('keydown', { key: 'Backspace', bubbles: true }))]) {
      const started = performance.now();
      act();
      await shown();
      times.push(performance.now() - started);
    }
  }
  return times;
}

async function zoomD3() {
  const shown = () => new Promise((done) => requestAnimationFrame(() => setTimeout(done)));
  const frames = [...document.querySelectorAll('g.frame')].filter((g) => g.__data__?.depth === 1).slice(0, 2);
  const times = [];
  for (const frame of frames) {
    for (const target of [frame.__data__, null]) {
      const started = performance.now();
      if (target === null) window.chart.resetZoom();
      else window.chart.zoomTo(target);
      await shown();
      times.push(performance.now() - started);
    }
  }
  return times;
}
