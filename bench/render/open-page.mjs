/** Opening a page in a browser of its own, bounded: a page that hangs takes nothing else with it. */
import { chromium } from 'playwright-core';
import { CHROMIUM_FLAGS } from '../../scripts/chromium.mjs';

const SHOWN = 'new Promise((done) => requestAnimationFrame(() => setTimeout(done)))';

/**
 * Seconds from going to a page until the frame that shows it is drawn, and what `zoom`, run in the page, measured (nothing,
 * and a sentence why, where that takes longer than the limit too). The browser is started before and ended after, whatever
 * the page does.
 *
 * @param {{ executablePath: string, page: string, ready: string, zoom?: () => Promise<number[]>, limitMillis: number }} options
 * @returns {Promise<{ seconds: number, zoomMillis: number[], zoomFailure: string | null }>}
 * @throws Error that says in words why the page did not open
 */
export async function openPage({ executablePath, page, ready, zoom, limitMillis }) {
  const browser = await chromium.launch({ executablePath, args: [...CHROMIUM_FLAGS, '--allow-file-access-from-files'] });
  try {
    const tab = await browser.newPage({ viewport: { width: 1200, height: 900 } });
    // A browser in use has its processes: without this, the first page pays for starting them.
    await tab.goto(new URL('blank.html', import.meta.url).href);
    const started = performance.now();
    await within(tab, limitMillis, 'not drawn', async () => {
      await tab.goto(page, { waitUntil: 'commit', timeout: 0 });
      await tab.locator(ready).first().waitFor({ timeout: 0 });
      await tab.evaluate(SHOWN);
    });
    const seconds = (performance.now() - started) / 1000;
    if (zoom === undefined) return { seconds, zoomMillis: [], zoomFailure: null };
    try {
      return { seconds, zoomMillis: await within(tab, limitMillis, 'no zoom and back', () => tab.evaluate(zoom)), zoomFailure: null };
    } catch ({ message }) {
      return { seconds, zoomMillis: [], zoomFailure: message };
    }
  } finally {
    await Promise.race([browser.close(), new Promise((done) => setTimeout(done, 5000))]);
  }
}

/** What `act` gives, unless the page fails or crashes first or it takes too long. */
async function within(tab, limitMillis, late, act) {
  let timer;
  const failed = new Promise((_, reject) => {
    timer = setTimeout(() => reject(new Error(`${late} within ${limitMillis / 1000} s`)), limitMillis);
    tab.on('pageerror', ({ message }) => reject(new Error(`the page failed with “${message.split('\n')[0]}”`)));
    tab.on('crash', () => reject(new Error('the page crashed')));
  });
  const done = act();
  done.catch(() => {});
  try {
    return await Promise.race([done, failed]);
  } finally {
    clearTimeout(timer);
  }
}

/** @typedef {{ frames: number, spans: number }} Size */

/**
 * The largest size that `attempt` manages: the full one, else found by doubling from a 64th of it, so that only one attempt
 * runs into the limit besides the full one.
 *
 * @template T
 * @param {Size} full
 * @param {(size: Size) => Promise<T>} attempt rejects where it does not manage
 * @returns {Promise<{ size: Size | null, got: T | null, failures: (Size & { reason: string })[] }>}
 */
export async function largest(full, attempt) {
  const failures = [];
  const tryAt = async (size) => {
    try {
      return { size, got: await attempt(size) };
    } catch (error) {
      failures.push({ ...size, reason: error.message.split('\n')[0] });
      return null;
    }
  };
  let best = await tryAt(full);
  if (best !== null) return { ...best, failures };
  for (let divisor = 64; divisor > 1; divisor /= 2) {
    const next = await tryAt({ frames: Math.ceil(full.frames / divisor), spans: Math.ceil(full.spans / divisor) });
    if (next === null) break;
    best = next;
  }
  return { size: best?.size ?? null, got: best?.got ?? null, failures };
}
