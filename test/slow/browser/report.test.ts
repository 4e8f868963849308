import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { addressOf, coloursOf, detailsOf, inkOf, ReportBrowser, rgb, type Opened } from './harness.js';
import { concurrentReport, drawnReport, reportOfManyVariants } from './fixtures.js';

const HOSTILE = '</script><script>alert(1)</script><img src=x onerror=alert(2)>"\'`${alert(3)}';

/** A browser that is always busy, for a reader who does not scroll. */
const NEVER_IDLE = 'requestIdleCallback = () => 0; IntersectionObserver = class { observe() {} };';

let browser: ReportBrowser;
beforeAll(async () => {
  browser = await ReportBrowser.start();
});
afterAll(() => browser.stop());

const expectQuiet = ({ complaints, requests }: Opened): void => {
  expect(complaints).toEqual([]);
  expect(requests).toEqual([]);
};

describe('the report in a real browser', () => {
  it('draws every view, asks for nothing and complains about nothing', async () => {
    const opened = await browser.open(drawnReport());
    for (const view of ['#flame-view', '#diff-view', '#sandwich-view', '#call-view'])
      expect(await inkOf(opened.page, `${view} canvas`)).toBeGreaterThan(0.2);
    expect(await opened.page.locator('h1').innerText()).toMatch(/^Use graph\/predict: [\d.]+× faster/);
    expectQuiet(opened);
  });

  it('builds a view that nobody has scrolled to when the reader is sent there', async () => {
    const opened = await browser.open(drawnReport(), { until: '#kernels .link', before: NEVER_IDLE });
    const { page } = opened;
    expect(await page.locator('#sandwich-view canvas').count()).toBe(0);
    await page
      .locator('#kernels .link')
      .first()
      .evaluate((link) => {
        (link as HTMLElement).click();
      });
    await page.locator('#sandwich-view canvas').first().waitFor();
    expect(await page.locator('#call-view canvas').count()).toBe(0);
    expectQuiet(opened);
  });

  it('has one name for every control, and a main heading', async () => {
    const { page } = await browser.open(drawnReport());
    const nameless = await page.evaluate(() =>
      [...document.querySelectorAll('button, select, input, canvas, svg, a')]
        .filter((element) => {
          const label = element.closest('label')?.textContent ?? '';
          return `${element.textContent}${element.getAttribute('aria-label') ?? ''}${label}`.trim() === '';
        })
        .map((element) => element.outerHTML.slice(0, 120)),
    );
    expect(nameless).toEqual([]);
    expect(await page.locator('h1').count()).toBe(1);
  });

  it('refuses what its policy does not name, scripts and styles from outside included', async () => {
    const { page, complaints } = await browser.open(drawnReport());
    await page.evaluate(() => {
      const script = document.createElement('script');
      script.textContent = 'document.title = "broken into"';
      document.head.append(script);
      const image = document.createElement('img');
      image.src = 'http://127.0.0.1:9/x.png';
      document.body.append(image);
    });
    await expect.poll(() => complaints.filter((text) => text.includes('Content Security Policy')).length).toBe(2);
    expect(await page.title()).not.toBe('broken into');
  });

  it('shows hostile model, operation, node and variant names as text', async () => {
    const opened = await browser.open(drawnReport((name) => `${name}${HOSTILE}`));
    const { page } = opened;
    await page.locator('#flame-view canvas').focus();
    for (const key of ['ArrowDown', 'ArrowDown', 'ArrowDown']) await page.keyboard.press(key);
    expect(await detailsOf(page, '#flame-view')).toContain(HOSTILE);
    await page.locator('#kernels .link').first().click();
    expect(await page.locator('#sandwich-view .facts').innerText()).toContain(HOSTILE);
    expect(await page.locator('img').count()).toBe(0);
    expect(await page.evaluate(() => [...document.scripts].filter(({ type }) => type === '').length)).toBe(1);
    expectQuiet(opened);
  });
});

describe('the flamegraph', () => {
  it('zooms by click, goes back through its history, and keeps the zoom in the address', async () => {
    const opened = await browser.open(drawnReport());
    const { page } = opened;
    const canvas = page.locator('#flame-view canvas');
    const box = (await canvas.boundingBox())!;
    await canvas.click({ position: { x: box.width / 3, y: 21 + 8 } });
    expect(await detailsOf(page, '#flame-view')).toContain('kernel-execution');
    expect(await addressOf(page)).toMatch(/zoom=\d+/);
    await canvas.click({ position: { x: box.width / 3, y: 42 + 8 } });
    const deep = await addressOf(page);
    expect(await detailsOf(page, '#flame-view')).toContain('dense_1');
    await page.locator('#flame-view').getByRole('button', { name: 'Back' }).click();
    expect(await detailsOf(page, '#flame-view')).toContain('kernel-execution');
    const again = await browser.open(drawnReport(), { hash: deep.slice(deep.indexOf('#')) });
    expect(await detailsOf(again.page, '#flame-view')).toContain('dense_1');
    expectQuiet(opened);
  });

  it('says how a frame fared in single calls and leads to the slowest, with its trace', async () => {
    const { page } = await browser.open(drawnReport());
    const details = await detailsOf(page, '#flame-view');
    expect(details).toMatch(/in 40 calls\s+p50 [\d.]+ µs · p99 too few calls/);
    expect(details).toMatch(/trace [0-9a-f]{8}/);
    await page.locator('#flame-view .details button').first().click();
    expect(
      await page.locator('#call-view select').evaluate((select) => (select as HTMLSelectElement).selectedOptions[0]!.textContent),
    ).toMatch(/slowest/);
    expect(await addressOf(page)).toMatch(/call=\d+/);
  });

  it('links traces to Jaeger once it is known where they are', async () => {
    const { page } = await browser.open(drawnReport(undefined, { jaegerUrl: 'http://127.0.0.1:16686/' }));
    const href = await page.locator('#flame-view .details a').first().getAttribute('href');
    expect(href).toMatch(/^http:\/\/127\.0\.0\.1:16686\/trace\/[0-9a-f]{32}$/);
    const wrong = await browser.open(drawnReport(undefined, { jaegerUrl: 'javascript:alert(1)' }));
    expect(await wrong.page.locator('#flame-view .details a').count()).toBe(0);
  });

  it('finds frames by a regular expression and says their share', async () => {
    const { page } = await browser.open(drawnReport());
    await page.keyboard.press('/');
    await page.keyboard.type('^(MatMul|Relu)$');
    expect(await page.locator('#flame-view .controls [role=status]').innerText()).toMatch(/^3 frames, [\d.]+ % of the width$/);
  });
});

describe('the keyboard alone', () => {
  it('reaches a frame, zooms, goes back, opens its callers and a call', async () => {
    const opened = await browser.open(drawnReport());
    const { page } = opened;
    const focused = (): Promise<string> =>
      page.evaluate(() => document.activeElement?.getAttribute('aria-label') ?? document.activeElement?.textContent ?? '');
    for (let i = 0; i < 60 && !(await focused()).startsWith('Flamegraph of one variant'); i++) await page.keyboard.press('Tab');
    expect(await focused()).toContain('Arrow keys move between frames');
    await page.keyboard.press('ArrowDown');
    await page.keyboard.press('ArrowDown');
    expect(await detailsOf(page, '#flame-view')).toContain('dense_1');
    await page.keyboard.press('ArrowRight');
    expect(await detailsOf(page, '#flame-view')).toContain('dense_2');
    await page.keyboard.press('Enter');
    expect(await addressOf(page)).toMatch(/zoom=\d/);
    await page.keyboard.press('Backspace');
    expect(await addressOf(page)).not.toMatch(/zoom=\d/);
    await page.keyboard.press('ArrowDown');
    await page.keyboard.press('ArrowDown');
    await page.keyboard.press('Tab');
    for (let i = 0; i < 10 && !(await focused()).startsWith('Callers and callees'); i++) await page.keyboard.press('Tab');
    await page.keyboard.press('Enter');
    expect(await page.locator('#sandwich-view .facts').innerText()).toMatch(/takes [\d.]+ µs of each call/);
    expect(await focused()).toContain('What the operation calls');
    expectQuiet(opened);
  });

  it('changes the theme, sorts and filters the kernels', async () => {
    const { page } = await browser.open(drawnReport());
    await page.locator('#theme').focus();
    await page.keyboard.press('Enter');
    expect(await page.evaluate(() => document.documentElement.dataset['theme'])).toBe('light');
    const ops = (): Promise<string[]> => page.locator('#kernels tbody tr:not([hidden]) th').allInnerTexts();
    await page.locator('#kernels thead button').first().focus();
    await page.keyboard.press('Enter');
    expect(await ops()).toEqual([...(await ops())].sort((a, b) => a.localeCompare(b)));
    await page.locator('[data-filter=kernels]').focus();
    await page.keyboard.type('soft|relu');
    expect(await ops()).toEqual(['Relu', 'Softmax']);
  });
});

describe('callers and callees', () => {
  it('shows who calls an operation and for how long', async () => {
    const { page } = await browser.open(drawnReport());
    await page.locator('#kernels .link', { hasText: 'MatMul' }).click();
    expect(await page.locator('#sandwich-view .facts').innerText()).toMatch(/MatMul takes 2\d\d µs of each call \(\d+ %\), at 2 places/);
    const callers = page.locator('#sandwich-view canvas').first();
    await callers.focus();
    await page.keyboard.press('ArrowUp');
    expect(await detailsOf(page, '#sandwich-view')).toMatch(/dense_1[\s\S]*inside it, when called so 1\d\d µs/);
    await page.keyboard.press('ArrowRight');
    expect(await detailsOf(page, '#sandwich-view')).toContain('dense_2');
  });
});

describe('a call in time order', () => {
  it('puts parallel branches on lanes and dims what the call did not wait for', async () => {
    const { page } = await browser.open(drawnReport());
    const select = page.locator('#call-view select');
    const graph = await select.evaluate(
      (element) =>
        [...(element as HTMLSelectElement).options].find(({ textContent }) => textContent.startsWith('graph/predict: slowest'))!.value,
    );
    await select.selectOption(graph);
    const facts = await page.locator('#call-view .facts').innerText();
    expect(facts).toContain('Up to 2 things ran at once');
    expect(facts).toMatch(/On the critical path longest: LongBranch/);
    expect(facts).not.toContain('ShortBranch');
    const before = await coloursOf(page, '#call-view canvas');
    await page.getByRole('button', { name: 'Critical path' }).click();
    const dim = '#dcdedf';
    expect(before.get(dim) ?? 0).toBe(0);
    await expect.poll(async () => (await coloursOf(page, '#call-view canvas')).get(dim) ?? 0).toBeGreaterThan(1000);
  });

  it('shows a call of another context beside the one that is looked at', async () => {
    const opened = await browser.open(concurrentReport());
    const { page } = opened;
    const texts = await page.locator('#call-view option').evaluateAll((all) => all.map((option) => option.textContent));
    await page
      .locator('#call-view select')
      .selectOption({ index: texts.findIndex((text) => text.startsWith('uncompiled/predict') && !text.includes('first call')) });
    expect(await page.locator('#call-view .facts').innerText()).toMatch(/Up to \d things ran at once/);
    expectQuiet(opened);
  });
});

describe('the difference', () => {
  it('colours what is certain, greys the rest, and counts both', async () => {
    const { page } = await browser.open(drawnReport());
    expect(await page.locator('#diff-view p b').innerText()).toMatch(/^\d+ of \d+ frames changed significantly\.$/);
    const colours = [...(await coloursOf(page, '#diff-view canvas')).keys()];
    const hue = (colour: string): number => Math.max(...rgb(colour)) - Math.min(...rgb(colour));
    expect(colours.some((colour) => hue(colour) > 60)).toBe(true);
  });

  it('stays grey where a run is compared with itself', async () => {
    const report = drawnReport();
    const same = report.replace(/"significant":\[[01,]*\]/g, (text) => text.replaceAll('1', '0'));
    const { page } = await browser.open(same);
    const colours = await coloursOf(page, '#diff-view canvas');
    const coloured = [...colours].filter(([colour, count]) => count > 60 && Math.max(...rgb(colour)) - Math.min(...rgb(colour)) > 40);
    expect(coloured).toEqual([]);
  });

  it('colours self times by their own intervals', async () => {
    const { page } = await browser.open(drawnReport());
    await page.locator('#diff-view').getByLabel('Colour by').selectOption('self');
    await page.locator('#diff-view canvas').focus();
    await page.keyboard.press('ArrowDown');
    expect(await detailsOf(page, '#diff-view')).toMatch(
      /self [\d.]+ .s → [\d.]+ .s\s+shift .* ± [\d.]+ .s: (faster|slower|no sure difference)/,
    );
  });

  it('keeps all its switches in the address', async () => {
    const { page } = await browser.open(drawnReport());
    for (const [label, value] of [
      ['Grouped by', 'layer'],
      ['Order', 'time'],
      ['Colour by', 'self'],
      ['Unit', 'share'],
      ['Width', 'change'],
    ] as const)
      await page.locator('#diff-view').getByLabel(label).selectOption(value);
    const again = await browser.open(drawnReport(), { hash: new URL(await addressOf(page)).hash });
    expect(
      await again.page.locator('#diff-view select').evaluateAll((all) => all.map((select) => (select as HTMLSelectElement).value)),
    ).toEqual(['0', 'layer', 'time', 'self', 'share', 'change']);
  });
});

describe('on other screens', () => {
  it.each(['light', 'dark'] as const)('has enough contrast and no sideways scrolling, %s', async (colorScheme) => {
    const opened = await browser.open(drawnReport(), { colorScheme });
    const { ink, page } = await opened.page.evaluate(() => {
      const style = getComputedStyle(document.body);
      return { ink: style.color, page: style.backgroundColor };
    });
    expect(contrast(ink, page)).toBeGreaterThan(7);
    expectQuiet(opened);
  });

  it('names of ten thousand letters, of many words, and in other writing stretch it neither to the side nor down', async () => {
    const long = ['x'.repeat(10_000), 'several words '.repeat(700), '名'.repeat(10_000)];
    const opened = await browser.open(
      drawnReport((name) => `${name} ${long[name.length % long.length]}`),
      { until: '#kernels .link' },
    );
    const { sideways, high } = await opened.page.evaluate(() => ({
      sideways: document.documentElement.scrollWidth - window.innerWidth,
      high: [...document.querySelectorAll('main *')]
        .filter(({ children, clientHeight }) => children.length === 0 && clientHeight > 2000)
        .map(({ tagName, parentElement }) => `${parentElement?.tagName}/${tagName}`),
    }));
    expect([sideways, high]).toEqual([0, []]);
    // The whole name leads to its callers, however it is shown.
    await opened.page.locator('#kernels .link').first().click();
    await opened.page.waitForFunction(() => location.hash.length > 1000);
    expectQuiet(opened);
  });

  it.each([1280, 390])('of eleven variants fits %i px: no table scrolls on a desk, and the page never to the side', async (width) => {
    const { page } = await browser.open(reportOfManyVariants(), { viewport: { width, height: 900 } });
    const { sideways, scrolled, tables } = await page.evaluate(() => ({
      sideways: document.documentElement.scrollWidth - window.innerWidth,
      scrolled: [...document.querySelectorAll('.scroll')]
        .filter(({ scrollWidth, clientWidth }) => scrollWidth > clientWidth)
        .map((table) => table.closest('section')?.id),
      tables: document.querySelectorAll('.scroll').length,
    }));
    expect(sideways).toBeLessThanOrEqual(0);
    expect(tables).toBeGreaterThan(12);
    if (width === 1280) expect(scrolled).toEqual([]);
    expect(await page.locator('#kernels-section').innerText()).toContain('5 more variants are in report.json.');
    expect(await page.locator('#ledger tbody th').allInnerTexts()).toHaveLength(11);
  });

  it('fits a phone', async () => {
    const opened = await browser.open(drawnReport(), {
      viewport: { width: 360, height: 740 },
      isMobile: true,
      deviceScaleFactor: 2,
      hasTouch: true,
    });
    const { page } = opened;
    expect(await page.evaluate(() => document.documentElement.scrollWidth - window.innerWidth)).toBeLessThanOrEqual(0);
    await page.locator('#flame-view canvas').tap({ position: { x: 60, y: 30 } });
    expect(await detailsOf(page, '#flame-view')).toContain('kernel-execution');
    expectQuiet(opened);
  });

  it('prints without controls, in light colours, whatever the theme', async () => {
    const { page } = await browser.open(drawnReport(), { colorScheme: 'dark' });
    await page.emulateMedia({ media: 'print' });
    expect(await page.locator('#flame-view .controls').isVisible()).toBe(false);
    expect(await page.evaluate(() => getComputedStyle(document.body).backgroundColor)).toBe('rgb(255, 255, 255)');
    const pdf = await page.pdf({ format: 'A4' });
    expect(pdf.subarray(0, 5).toString()).toBe('%PDF-');
  });
});

/** Contrast ratio of two `rgb(…)` colours as WCAG defines it. */
function contrast(one: string, other: string): number {
  const luminance = (colour: string): number => {
    const [r = 0, g = 0, b = 0] = (colour.match(/\d+/g) ?? [])
      .map(Number)
      .map((value) => (value / 255 <= 0.03928 ? value / 255 / 12.92 : ((value / 255 + 0.055) / 1.055) ** 2.4));
    return 0.2126 * r + 0.7152 * g + 0.0722 * b;
  };
  const [light, dark] = [luminance(one), luminance(other)].sort((a, b) => b - a) as [number, number];
  return (light + 0.05) / (dark + 0.05);
}
