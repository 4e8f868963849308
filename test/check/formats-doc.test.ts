import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { SPAN_TARGETS } from '../../src/runs/export-run.js';
import { FOREIGN_FORMATS } from '../../src/model/foreign.js';
import { FORMATS } from '../../src/report/formats.js';

/** Names in the first column of the tables under a heading. */
function namesUnder(text: string, heading: string): string[] {
  const section =
    text
      .replace(/^```[^]*?^```/gm, '')
      .split(/^## /m)
      .find((part) => part.startsWith(heading)) ?? '';
  return [...section.matchAll(/^\| (`[^|]+)\|/gm)].flatMap(([, cell = '']) =>
    [...cell.matchAll(/`([a-z-]+)`/g)].map(([, name = '']) => name),
  );
}

const page = readFileSync('docs/formats.md', 'utf8');

test('docs/formats.md lists every format that is written and every one that is read, and no other', () => {
  expect(
    namesUnder(page, 'Written')
      .filter((name) => name !== '--to')
      .sort(),
  ).toEqual([...Object.keys(FORMATS), ...SPAN_TARGETS].sort());
  expect(namesUnder(page, 'Read').sort()).toEqual([...FOREIGN_FORMATS].sort());
});

test('a format that is missing from the page would be noticed', () => {
  expect(namesUnder(page.replace('| `pprof` |', '| pprof |'), 'Written')).not.toContain('pprof');
});
