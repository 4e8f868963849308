import { appendFileSync, mkdtempSync, readFileSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { crc32 } from 'node:zlib';
import { describe, expect, test } from 'vitest';
import type { RunFacts } from '../../src/model/run-facts.js';
import { CHUNK, encodeChunk, encodeJson, type ChunkType } from '../../src/record/format.js';
import { decodeRecording, readRecording } from '../../src/record/reader.js';
import { addRunFacts, writeRecording } from '../../src/record/writer.js';
import { chunksOf } from '../helpers/recording-chunks.js';

const FIXTURE = 'test/fixtures/short-runs/0.isr';
const copy = (bytes: Buffer = readFileSync(FIXTURE)): string => {
  const file = path.join(mkdtempSync(path.join(tmpdir(), 'run-facts-')), 'run.isr');
  writeFileSync(file, bytes);
  return file;
};
const FACTS: RunFacts = {
  notes: [
    { kind: 'said', sentence: 'The weights were made up.' },
    { kind: 'stopped', what: 'control', variant: 'uncompiled (again)/predict', reason: 'no memory' },
    { kind: 'first-operation', millis: 31.25 },
  ],
  passes: [
    { name: 'constant_folding', runs: 2, nanos: 100, nodeChange: -3, nodesAfter: 9 },
    { name: 'load the model', runs: 1, nanos: 70, step: 'load', changedRuns: 0 },
  ],
  loads: [
    {
      variant: 'graph/predict',
      arrivals: { kind: 'trace', name: 'moments.txt', perSecond: 12.5 },
      lastedNanos: 1e9,
      requests: [[0, 1, 2]],
      unserved: 1,
      failure: 'no memory',
      together: [{ requests: 1, nanos: 7 }],
    },
  ],
};
const UNKNOWN = 4711 as ChunkType;

describe('what only the run knew', () => {
  test('is read back, from a file to which it was added and from one that was written with it', () => {
    const [added, written] = [copy(), copy()];
    addRunFacts(added, FACTS);
    expect(readRecording(added).run).toEqual(FACTS);
    const outside = [{ name: 'Conv2D', count: 3, nanos: 12.5 }];
    writeRecording(written, { ...readRecording(FIXTURE), run: FACTS, outside });
    expect(readRecording(written)).toEqual({ ...readRecording(FIXTURE), run: FACTS, outside });
  });

  test('stands after the end, where readers that do not know it do not look', () => {
    const file = copy();
    addRunFacts(file, FACTS);
    const [before, after] = [chunksOf(readFileSync(FIXTURE)), chunksOf(readFileSync(file))];
    expect(after.slice(0, -1)).toEqual(before);
    expect(before.at(-1)!.readUInt32LE(0)).toBe(CHUNK.end);
    expect(after.at(-1)!.readUInt32LE(0)).toBe(CHUNK.run);
  });

  test('cut off, it is not there, and the recording is', () => {
    const file = copy();
    addRunFacts(file, FACTS);
    const bytes = readFileSync(file);
    expect(decodeRecording(bytes.subarray(0, bytes.length - 1), file)).toEqual(readRecording(FIXTURE));
  });

  test('notes of a kind that a later Inferscope knows are left out, a note without what it needs is named', () => {
    const later = copy();
    addRunFacts(later, { notes: [{ kind: 'of-tomorrow', x: 1 } as never, ...FACTS.notes] });
    expect(readRecording(later).run?.notes).toEqual(FACTS.notes);
    const bad = copy();
    addRunFacts(bad, { notes: [{ kind: 'first-operation' } as never] });
    expect(() => readRecording(bad)).toThrow("run.notes[0] must have required property 'millis'");
  });
});

describe('chunks of unknown kinds', () => {
  test('are skipped, wherever they stand', () => {
    const chunks = chunksOf(readFileSync(FIXTURE));
    const unknown = encodeJson(UNKNOWN, { of: 'tomorrow' });
    for (const place of [2, chunks.length - 1, chunks.length]) {
      const file = copy(Buffer.concat([...chunks.slice(0, place), unknown, ...chunks.slice(place)]));
      expect(readRecording(file)).toEqual(readRecording(FIXTURE));
    }
  });

  test('a chunk whose kind is damaged is not taken for one', () => {
    const bytes = readFileSync(FIXTURE);
    bytes.writeUInt32LE(UNKNOWN, 12);
    expect(() => decodeRecording(bytes, 'x.isr')).toThrow('the checksum of a chunk of kind 4711 does not match');
    const added = copy();
    addRunFacts(added, FACTS);
    const damaged = readFileSync(added);
    damaged.writeUInt32LE(UNKNOWN, readFileSync(FIXTURE).length);
    expect(() => decodeRecording(damaged, 'x.isr')).toThrow('the checksum of a chunk of kind 4711 does not match');
  });

  test('the checksums of the first kinds are what they were', () => {
    const payload = Buffer.from('{}');
    expect(encodeChunk(CHUNK.parity, payload).readUInt32LE(8)).toBe(crc32(payload));
    expect(encodeChunk(CHUNK.run, payload).readUInt32LE(8)).not.toBe(crc32(payload));
  });

  test('calls after the end are damage', () => {
    const file = copy();
    appendFileSync(file, encodeJson(CHUNK.calls, []));
    expect(() => readRecording(file)).toThrow('calls stands after the end');
  });
});
