/**
 * `node bench/render.mjs [--json] [--smoke] [--spans N] [--frames N] [--limit SECONDS] [--rounds N] [--ours]`: what a recording
 * of a million spans costs to turn into a report, to open and to zoom, beside speedscope, d3-flame-graph and 0x.
 *
 * The recording has 20 calls of two variants, each with 50,000 frames of its own path: no tree gets larger. A child reads
 * it from disk, analyses it and writes the page; Chromium opens it. A rival gets the same in the best form it takes
 * (bench/render/rivals.mjs), is opened at the largest size that it manages within `--limit` seconds, and there in turn with
 * our report of the same size: `open-ratio` is its time over ours, pair by pair. 0x writes a page first, as we do:
 * `write-ratio`. speedscope reads the recording itself: `file-to-picture-ratio` counts the making of our report too. Each
 * opening has a browser of its own. A zoom is timed from the click to the end of the frame that shows it. Needs
 * `npm run build` and a Chromium.
 */
import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { parseArgs } from 'node:util';
import { findChromium } from '../scripts/chromium.mjs';
import { largest, openPage } from './render/open-page.mjs';
import { manyFrames } from './render/recording.mjs';
import { cpuProfile, d3Page, speedscopePage, zeroX } from './render/rivals.mjs';
import { writeRecording } from '../dist/record/writer.js';

const UNAVAILABLE = 69;
const OURS = { ready: '#flame-view canvas', zoom: zoomOurs };
/** @type {{ type: 'string' }} */
const text = { type: 'string' };
/** @type {{ type: 'boolean', default: boolean }} */
const flag = { type: 'boolean', default: false };
const { values } = parseArgs({ options: { json: flag, smoke: flag, ours: flag, spans: text, frames: text, limit: text, rounds: text } });
const full = { frames: Number(values.frames ?? (values.smoke ? 1000 : 50_000)), spans: Number(values.spans ?? (values.smoke ? 20_000 : 1_000_000)) };
const limitMillis = 1000 * Number(values.limit ?? (values.smoke ? 10 : 60));
const rounds = Number(values.rounds ?? (values.smoke ? 1 : 3));
const folder = mkdtempSync(path.join(tmpdir(), 'inferscope-render-'));
const results = [];
const round = (value) => Number(value.toPrecision(3));
/** Adds the median of some values, with the least and the largest. */
const add = (name, all, more = {}) => {
  const sorted = [...all].sort((a, b) => a - b);
  results.push({ name, value: round(sorted[sorted.length >> 1]), low: round(sorted[0]), high: round(sorted.at(-1)), ...more });
};

/**
 * `draw` gives the address of a page with the recording in it; it is let go of when it throws.
 *
 * @typedef {{ name: string, ready: string, draw: (recording: any) => string, zoom?: () => Promise<number[]>, readsRecording?: boolean }} Rival
 * @type {Rival[]}
 */
const RIVALS = [
  { name: 'speedscope', ready: 'text=Left Heavy', readsRecording: true, draw: (recording) => speedscopePage(folder, recording) },
  { name: '0x', ready: 'canvas', draw: (recording) => zeroX(cpuProfile(folder, recording), limitMillis).page },
  { name: 'd3-flame-graph', ready: 'g.frame', zoom: zoomD3, draw: (recording) => d3Page(folder, recording, 0) },
  { name: 'd3-flame-graph-from-1px', ready: 'g.frame', zoom: zoomD3, draw: (recording) => d3Page(folder, recording, 1) },
];

let executablePath;
try {
  executablePath = findChromium();
} catch (error) {
  console.error(error.message);
  process.exit(UNAVAILABLE);
}
try {
  const ours = reportOf(full);
  const made = values.ours ? [ours] : writeInTurn(ours);
  const size = { spans: ours.spans, frames: ours.frames };
  add('render.report.seconds', made.map(({ seconds }) => seconds), { goal: 5, ...size, cpuSeconds: round(ours.cpuSeconds) });
  add('render.report.peak-mebibytes', [ours.peakMebibytes], { goal: 1024 });
  add('render.report.megabytes', [statSync(ours.page).size / 1e6], { goal: 5 });
  const opened = [];
  for (const rival of values.ours ? [] : RIVALS.slice(0, values.smoke ? 3 : undefined)) opened.push(...(await openInTurn(rival, ours, median(made.map(({ wallSeconds }) => wallSeconds)))));
  if (values.ours) for (let i = 0; i < rounds; i++) opened.push(await openOurs(ours));
  add('render.inferscope.open-seconds', opened.map(({ seconds }) => seconds), { goal: 1, ...size });
  add('render.inferscope.zoom-milliseconds', opened.flatMap(({ zoomMillis }) => zoomMillis), { goal: 50, ...size });
} finally {
  rmSync(folder, { recursive: true, force: true });
}
if (values.json) console.log(JSON.stringify({ results }, null, 2));
else for (const { name, value, low, high, goal, frames, spans } of results) console.log(`${name}: ${value} (${low} to ${high})${goal === undefined ? '' : `, goal at most ${goal}`}${frames === undefined ? '' : `; ${frames} frames, ${spans} spans`}`);

/** Our report of a recording of this size: its path, and what making it cost. */
function reportOf(size) {
  const recording = manyFrames(size.frames, size.spans);
  const file = path.join(folder, `${size.frames}.isr`);
  writeRecording(file, recording);
  return makeReport(file, path.join(folder, `${size.frames}.html`), { frames: recording.spans.length / recording.calls.length, spans: recording.spans.length });
}

/** 0x and we write the page of the full recording in turn. Gives what each of ours cost. */
function writeInTurn(first) {
  const made = [first];
  const seconds = [];
  try {
    const file = cpuProfile(folder, manyFrames(full.frames, full.spans));
    for (let i = 0; i < rounds; i++) {
      seconds.push(zeroX(file, limitMillis).seconds);
      if (i > 0) made.push(makeReport(first.file, first.page, first));
    }
  } catch (error) {
    console.error(`render: 0x wrote no page of ${first.frames} frames: ${error.message}`);
    return made;
  }
  const size = { frames: first.frames, spans: first.spans };
  add('render.0x.write-seconds', seconds, size);
  add('render.0x.write-ratio', seconds.map((value, i) => value / made[i].wallSeconds), size);
  return made;
}

/**
 * A rival and we open the largest recording that it manages, in turn. Gives how ours opened at the full size.
 *
 * @param {Rival} rival
 */
async function openInTurn({ name, ready, zoom, draw, readsRecording }, ours, reportSeconds) {
  const open = async (page, more = {}) => ({ page, ...(await openPage({ executablePath, page, ready, limitMillis, ...more })) });
  const { size, got, failures } = await largest(full, async ({ frames, spans }) => await open(draw(manyFrames(frames, spans)), { zoom }));
  for (const { frames, spans, reason } of failures) console.error(`render: ${name}: ${frames} frames of ${spans} spans: ${reason}`);
  if (size === null) return [];
  const sameSize = size.frames === full.frames ? ours : reportOf(size);
  const theirs = [];
  const our = [];
  for (let i = 0; i < rounds; i++) {
    theirs.push(i === 0 ? got : await open(got.page));
    our.push(await openOurs(sameSize));
  }
  const more = { frames: sameSize.frames, spans: sameSize.spans, ...(failures.length > 0 ? { failures } : {}) };
  add(`render.${name}.open-seconds`, theirs.map(({ seconds }) => seconds), more);
  add(`render.${name}.open-ratio`, theirs.map(({ seconds }, i) => seconds / our[i].seconds), { frames: more.frames, spans: more.spans });
  if (readsRecording && sameSize === ours) add(`render.${name}.file-to-picture-ratio`, theirs.map(({ seconds }, i) => seconds / (reportSeconds + our[i].seconds)));
  if (got.zoomFailure !== null) console.error(`render: ${name}: ${more.frames} frames: ${got.zoomFailure}`);
  if (got.zoomMillis.length > 0) add(`render.${name}.zoom-milliseconds`, got.zoomMillis, { frames: more.frames, spans: more.spans });
  return sameSize === ours ? our : [];
}

function openOurs({ page }) {
  return openPage({ executablePath, page: pathToFileURL(page).href, limitMillis, ...OURS });
}

function median(all) {
  return [...all].sort((a, b) => a - b)[all.length >> 1];
}

/** Recording to page in a process of its own, so that its memory can be told. */
function makeReport(file, page, { frames, spans }) {
  const started = performance.now();
  const script = `
    const started = performance.now();
    const [, file, report, dist] = process.argv;
    const from = (name) => import(dist + name);
    const { readRecording } = await from('record/reader.js');
    const { toldAnalysis: analyse } = await from('runs/told.js');
    const { extrasOf } = await from('runs/report-extras.js');
    const { renderReportHtml } = await from('report/report-html.js');
    const { writeFileSync } = await import('node:fs');
    const recordings = [readRecording(file)];
    writeFileSync(report, renderReportHtml(analyse(recordings), extrasOf(recordings)));
    const { user, system } = process.cpuUsage();
    console.log(JSON.stringify({ seconds: (performance.now() - started) / 1000, cpuSeconds: (user + system) / 1e6, peakMebibytes: process.resourceUsage().maxRSS / 1024 }));`;
  const dist = pathToFileURL(fileURLToPath(new URL('../dist/', import.meta.url))).href;
  const { status, stdout } = spawnSync(process.execPath, ['--input-type=module', '-e', script, file, page, dist], { encoding: 'utf8', stdio: ['ignore', 'pipe', 'inherit'] });
  if (status !== 0) throw new Error('the report could not be made');
  return { file, page, frames, spans, wallSeconds: (performance.now() - started) / 1000, ...JSON.parse(stdout) };
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
  /** @type {any} */
  const page = globalThis;
  const shown = () => new Promise((done) => requestAnimationFrame(() => setTimeout(done)));
  const frames = [...page.document.querySelectorAll('g.frame')].filter((g) => g.__data__?.depth === 1).slice(0, 1);
  const times = [];
  for (const frame of frames) {
    for (const target of [frame.__data__, null]) {
      const started = performance.now();
      if (target === null) page.chart.resetZoom();
      else page.chart.zoomTo(target);
      await shown();
      times.push(performance.now() - started);
    }
  }
  return times;
}
