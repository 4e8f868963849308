import { existsSync, mkdtempSync, readdirSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { expect, test } from 'vitest';
import { alternately } from '../../../src/measure/pairs/pairs.js';
import { readRecording } from '../../../src/record/reader.js';

const recording = readRecording('test/fixtures/short-runs/0.isr');
const names = { baseline: 'a', candidate: 'b' };
const label = { number: 1, looks: [1] };

test('a pair lies in the folder as it is given back, or not at all: a report is made of what lies there', async () => {
  const folder = mkdtempSync(path.join(tmpdir(), 'pairs-'));
  const half = alternately({ folder, names, measureOne: (side) => Promise.resolve(side === 'baseline' ? [recording] : null) });
  expect(await half(label, () => undefined)).toBeNull();
  expect(existsSync(path.join(folder, 'recordings'))).toBe(false);
  const whole = alternately({
    folder,
    names,
    measureOne: (side) => Promise.resolve(side === 'baseline' ? [recording] : [recording, recording]),
  });
  const given = (await whole(label, () => undefined)) ?? [];
  const files = readdirSync(path.join(folder, 'recordings')).sort();
  expect(files).toEqual(['baseline-01.isr', 'candidate-01-1.isr', 'candidate-01-2.isr']);
  expect(files.map((file) => readRecording(path.join(folder, 'recordings', file)))).toEqual(given);
});
