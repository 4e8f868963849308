import fc from 'fast-check';
import { expect, it, test } from 'vitest';
import { shortText } from '../../src/model/short-text.js';
import { html } from '../../src/report/html.js';
import { renderReportMarkdown } from '../../src/report/report-markdown.js';
import { renderScreen } from '../../src/report/screen.js';
import { reportObject } from '../../src/report/report-json.js';
import { drawAnalysis } from '../helpers/drawn-analysis.js';

const LONG = 'x'.repeat(10_000);
const ANALYSIS = drawAnalysis({
  [`${LONG}/predict`]: `predict 10\n  data-adapter 20\n  kernel-execution 70\n    Mat${LONG} 50`,
  'graph/predict': 'predict 1\n  kernel-execution 9',
});
/** No half of a character is in it. */
const isWhole = (text: string): boolean => Buffer.from(text).toString() === text;
const longest = (text: string): number => Math.max(...text.split('\n').map(({ length }) => length));

test('the text and the screen leave out the middle of names of ten thousand characters, the data does not', () => {
  const text = renderReportMarkdown(ANALYSIS);
  expect(text).toMatch(/Matx{100,}…x+/);
  expect(longest(text)).toBeLessThan(1500);
  const screen = renderScreen(ANALYSIS, { report: '/r.html', open: 'inferscope view r' });
  expect(screen).toContain('faster than\nxxx');
  expect(longest(screen)).toBeLessThan(300);
  expect(JSON.stringify(reportObject(ANALYSIS))).toContain(`Mat${LONG}`);
});

it('on the page leaves out the middle of what is read, never of an attribute', () => {
  expect(html`<b title="${LONG}">${LONG}</b>`.toString()).toBe(`<b title="${LONG}">${'x'.repeat(140)}…${'x'.repeat(40)}</b>`);
  expect(html`<p ${html`class="a"`}>${[LONG, 'a < b']}</p>`.toString()).toBe(
    `<p class="a">${'x'.repeat(140)}…${'x'.repeat(40)}a &lt; b</p>`,
  );
});

it('never splits a character, keeps what is short, and is the same when done twice', () => {
  fc.assert(
    fc.property(fc.string({ unit: 'grapheme', maxLength: 3000 }), (text) => {
      const short = shortText(text);
      expect(isWhole(short)).toBe(isWhole(text));
      expect(shortText(short)).toBe(short);
      if (!/\S{201}/.test(text) && text.length <= 1000) expect(short).toBe(text);
    }),
  );
  expect(shortText('😀'.repeat(5000))).toBe(`${'😀'.repeat(140)}…${'😀'.repeat(40)}`);
});
