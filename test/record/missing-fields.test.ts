import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { CHUNK, CHUNK_HEADER_BYTES, encodeJson } from '../../src/record/format.js';
import { decodeRecording } from '../../src/record/reader.js';
import { toldAnalysis } from '../../src/runs/told.js';
import { reportObject } from '../../src/report/report-json.js';
import { renderReportMarkdown } from '../../src/report/report-markdown.js';
import { chunksOf } from '../helpers/recording-chunks.js';

const FIXTURE = readFileSync('test/fixtures/short-runs/0.isr');

type Fields = Record<string, unknown>;

/** The recording with what its chunks of one kind hold changed; their checksums are right. */
function changed(kind: 'meta' | 'conditions', change: (fields: Fields) => void): Buffer {
  const chunks = chunksOf(FIXTURE).map((chunk) => {
    if (chunk.readUInt32LE(0) !== CHUNK[kind]) return chunk;
    const fields = JSON.parse(chunk.subarray(CHUNK_HEADER_BYTES).toString()) as Fields;
    change(fields);
    return encodeJson(CHUNK[kind], fields);
  });
  return Buffer.concat(chunks);
}

test.each([
  ['meta', 'model', ['parameters', 'nodes']],
  ['meta', 'environment', ['threads']],
  ['conditions', '', ['cpuMhz', 'load', 'throttledNanos']],
  ['conditions', 'memory', ['stalledNanos']],
] as const)('%s.%s without %s is read as one that does not know them', (kind, below, names) => {
  const without = changed(kind, (fields) => {
    const holder = below === '' ? fields : (fields[below] as Fields);
    for (const name of names) {
      expect(holder).toHaveProperty(name);
      if (name === 'threads') holder[name] = {};
      else Reflect.deleteProperty(holder, name);
    }
  });
  const recording = decodeRecording(without, 'old.isr');
  const holder = (kind === 'meta' ? recording.meta : recording.conditions) as unknown as Fields;
  const found = below === '' ? holder : (holder[below] as Fields);
  for (const name of names) expect(found[name]).toEqual(name === 'threads' ? { intraOp: null, interOp: null } : null);
  const analysis = toldAnalysis([recording]);
  expect(JSON.stringify(reportObject(analysis))).not.toMatch(/undefined|NaN/);
  expect(renderReportMarkdown(analysis)).not.toMatch(/undefined|NaN/);
});
