import { mkdtempSync, readFileSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { expect, test } from 'vitest';
import { fitted } from '../../src/analyse/fitted-sweep.js';
import { sweepSentences, tellSweep } from '../../src/report/studies/sweep/words.js';
import { sweepIn, writeSweep } from '../../src/runs/sweep-file.js';
import { viewed } from '../helpers/told-again.js';

const sizes = [1, 4, 16];
const line = (fixed: number, each: number): readonly { readonly size: number; readonly nanos: number }[] =>
  [0, 1, 2].flatMap((pass) => sizes.map((size) => ({ size, nanos: fixed + each * size + pass })));
const sweep = tellSweep(
  fitted({
    model: 'm',
    dimension: 'batch',
    sizes,
    items: sizes,
    at: 4,
    confidence: 0.95,
    variants: [
      { key: 'a/predict', points: line(1000, 50) },
      { key: 'b/predict', points: line(1500, 10) },
    ],
    environment: [['CPU', 'c']],
    notes: ['The machine was busy.'],
  }),
);

test('a sweep is told again from what was measured, whatever else its file says', async () => {
  const folder = mkdtempSync(path.join(tmpdir(), 'sweep-'));
  expect(sweepIn(folder)).toBeNull();
  writeSweep(folder, sweep);
  expect(sweepIn(folder)).toEqual(sweep);
  expect((await viewed(folder)).text).toBe(sweepSentences(sweep).join('\n'));
  const file = path.join(folder, 'sweep.json');
  const other = JSON.parse(readFileSync(file, 'utf8')) as object;
  writeFileSync(file, JSON.stringify({ ...other, crossovers: [] }));
  expect(sweepIn(folder)?.crossovers).toEqual(sweep.crossovers);
});

test.each([
  ['{', 'is not complete JSON'],
  [JSON.stringify({ ...sweep, dimension: 'weight' }), 'dimension must be equal to one of the allowed values'],
  [
    JSON.stringify({ ...sweep, variants: [{ key: 'a', points: [{ size: 1 }] }] }),
    "variants[0].points[0] must have required property 'nanos'",
  ],
])('a damaged file is refused: %.20s', (content, why) => {
  const folder = mkdtempSync(path.join(tmpdir(), 'sweep-'));
  writeFileSync(path.join(folder, 'sweep.json'), content);
  expect(() => sweepIn(folder)).toThrow(why);
});
