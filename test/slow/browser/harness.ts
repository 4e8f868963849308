import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { pathToFileURL } from 'node:url';
import { chromium, type Browser, type BrowserContextOptions, type Page } from 'playwright-core';

/** A page that was opened and what it did that a report must not do. */
export interface Opened {
  readonly page: Page;
  /** Console messages, uncaught errors, violations of the policy: must stay empty. */
  readonly complaints: string[];
  /** Addresses asked for besides the file itself: must stay empty. */
  readonly requests: string[];
}

/** Debian's Chromium, started once a suite. */
export class ReportBrowser {
  private readonly folder = mkdtempSync(path.join(tmpdir(), 'inferscope-browser-'));
  private files = 0;

  private constructor(private readonly browser: Browser) {}

  static async start(): Promise<ReportBrowser> {
    const script = pathToFileURL('scripts/chromium.mjs').href;
    const { findChromium, CHROMIUM_FLAGS } = (await import(script)) as { findChromium: () => string; CHROMIUM_FLAGS: string[] };
    return new ReportBrowser(await chromium.launch({ executablePath: findChromium(), args: CHROMIUM_FLAGS }));
  }

  /**
   * Writes a report to disk and opens it as a user would, from a file; waits for all views, or for what `until` selects. `before`
   * is run before the page's own script.
   */
  async open(
    report: string,
    options: BrowserContextOptions & { readonly hash?: string; readonly until?: string; readonly before?: string } = {},
  ): Promise<Opened> {
    const { hash = '', until = 'html[data-ready]', before = '', ...settings } = options;
    const file = path.join(this.folder, `report-${this.files++}.html`);
    writeFileSync(file, report);
    const context = await this.browser.newContext({ viewport: { width: 1200, height: 900 }, ...settings });
    const page = await context.newPage();
    await page.addInitScript(before);
    const complaints: string[] = [];
    const requests: string[] = [];
    const own = pathToFileURL(file).href;
    page.on('console', (message) => complaints.push(`${message.type()}: ${message.text()}`));
    page.on('pageerror', (error) => complaints.push(`error: ${error.message}`));
    page.on('dialog', (dialog) => {
      complaints.push(`dialog: ${dialog.message()}`);
      void dialog.dismiss();
    });
    page.on('request', (request) => {
      if (request.url().split('#')[0] !== own) requests.push(request.url());
    });
    await page.goto(own + hash);
    await page.locator(until).first().waitFor({ state: 'attached' });
    await page.evaluate('new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done)))');
    return { page, complaints, requests };
  }

  async stop(): Promise<void> {
    await this.browser.close();
    rmSync(this.folder, { recursive: true, force: true });
  }
}

/** The line under the canvas of a view that says what is selected. */
export const detailsOf = (page: Page, view: string): Promise<string> => page.locator(`${view} .details`).first().innerText();

/** The page's address as it knows it itself: what the driver was last told of it may be a moment old. */
export const addressOf = (page: Page): Promise<string> => page.evaluate(() => location.href);

/** Share of pixels of a canvas that are not the background: an empty canvas has none. */
export async function inkOf(page: Page, canvas: string): Promise<number> {
  return await page
    .locator(canvas)
    .first()
    .evaluate((element) => {
      const canvasElement = element as HTMLCanvasElement;
      const { data } = canvasElement.getContext('2d')!.getImageData(0, 0, canvasElement.width, canvasElement.height);
      let inked = 0;
      for (let i = 3; i < data.length; i += 4) if (data[i]! > 0) inked++;
      return inked / (data.length / 4);
    });
}

/** Colours that occur in a canvas and how often, `#rrggbb`. */
export async function coloursOf(page: Page, canvas: string): Promise<ReadonlyMap<string, number>> {
  const counts = await page
    .locator(canvas)
    .first()
    .evaluate((element) => {
      const canvasElement = element as HTMLCanvasElement;
      const { data } = canvasElement.getContext('2d')!.getImageData(0, 0, canvasElement.width, canvasElement.height);
      const found: Record<string, number> = {};
      for (let i = 0; i < data.length; i += 4) {
        if (data[i + 3]! < 255) continue;
        const colour = `#${[data[i]!, data[i + 1]!, data[i + 2]!].map((value) => value.toString(16).padStart(2, '0')).join('')}`;
        found[colour] = (found[colour] ?? 0) + 1;
      }
      return found;
    });
  return new Map(Object.entries(counts));
}

/** Channels of `#rrggbb`. */
export const rgb = (colour: string): readonly [number, number, number] =>
  [1, 3, 5].map((at) => parseInt(colour.slice(at, at + 2), 16)) as unknown as readonly [number, number, number];
