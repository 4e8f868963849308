import { mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { expect, test } from 'vitest';
import type { Recording } from '../../src/model/recording.js';
import { variantKey } from '../../src/model/variant.js';
import { readRecording } from '../../src/record/reader.js';
import { writeRecording } from '../../src/record/writer.js';
import { readRun } from '../../src/runs/run-folder.js';

const recording = readRecording('test/fixtures/short-runs/0.isr');
const variants = [{ name: 'never', call: 'predict' }, ...recording.meta.variants];
const withOneMore: Recording = {
  ...recording,
  meta: { ...recording.meta, variants },
  calls: recording.calls.map((call) => ({ ...call, variant: call.variant + 1 })),
};
const readBack = (given: Recording): readonly string[] => {
  const run = mkdtempSync(path.join(tmpdir(), 'variants-'));
  writeRecording(path.join(run, 'recordings', 'main.isr'), given);
  return readRun(run).flatMap(({ meta }) => meta.variants.map(variantKey));
};

test('a variant that a program never called is left out; one that a run was asked for, and that failed, is not', () => {
  expect(readBack(withOneMore)).toEqual(recording.meta.variants.map(variantKey));
  expect(readBack({ ...withOneMore, run: { notes: [] } })).toEqual(variants.map(variantKey));
});
