import { appendFileSync, mkdtempSync, readFileSync, truncateSync, writeFileSync } from 'node:fs';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { tmpdir } from 'node:os';
import path from 'node:path';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { CallRecord } from '../../src/model/recording.js';
import type { SpanColumns } from '../../src/model/span.js';
import { decodeRecording, readRecording } from '../../src/record/reader.js';
import { recordingInMemory } from '../helpers/recording-in-memory.js';
import type { CallStart } from '../../src/model/recorder.js';
import { watchProcessMemory } from '../../src/record/process-memory.js';
import { Recorder } from '../../src/record/recorder.js';
import { SPAN_BYTES } from '../../src/record/format.js';
import { RecordingWriter, writeRecording } from '../../src/record/writer.js';
import { META } from '../helpers/recordings.js';
import { chunksOf } from '../helpers/recording-chunks.js';

const WARM: CallStart = { variant: 0, temperature: 'warm', round: 0, signature: 'float32[1,4]', batch: 1 };
const temporary = (): string => path.join(mkdtempSync(path.join(tmpdir(), 'recording-')), 'run.isr');

/** Records a call whose span tree is drawn as nested arrays of names. */
type Tree = readonly [string, ...Tree[]];
function record(recorder: Recorder, tree: Tree): void {
  const [name, ...children] = tree;
  const walk = (node: Tree, open: (id: number) => number, close: (row: number) => void): void => {
    const row = open(recorder.interner.string(node[0]));
    for (const child of node.slice(1) as Tree[]) walk(child, open, close);
    close(row);
  };
  recorder.callSync(WARM, recorder.interner.string(name), 0, 4, (context) => {
    for (const child of children)
      walk(
        child,
        (id) => context.open(id, 1, 2),
        (row) => context.close(row),
      );
  });
}

function draw(recording: ReturnType<typeof readRecording>): string[] {
  const depth: number[] = [];
  return Array.from({ length: recording.spans.length }, (_, row) => {
    const parent = recording.spans.parent[row]!;
    depth[row] = parent < 0 ? 0 : depth[parent]! + 1;
    return `${'  '.repeat(depth[row])}${recording.strings[recording.spans.name[row]!]}`;
  });
}

describe('recorder', () => {
  test('keeps nesting, and children lie inside their parents', () => {
    const recorder = new Recorder();
    record(recorder, ['predict', ['data-adapter'], ['kernel-execution', ['MatMul'], ['Relu']]]);
    const recording = recordingInMemory(recorder, META);
    expect(draw(recording)).toEqual(['predict', '  data-adapter', '  kernel-execution', '    MatMul', '    Relu']);
    const { startNanos, durationNanos, parent } = recording.spans;
    for (let row = 1; row < recording.spans.length; row++) {
      const up = parent[row]!;
      expect(startNanos[row]!).toBeGreaterThanOrEqual(startNanos[up]!);
      expect(startNanos[row]! + durationNanos[row]!).toBeLessThanOrEqual(startNanos[up]! + durationNanos[up]!);
    }
  });

  test('a look at the process’s memory stays with its call, and is not taken again at once', () => {
    const look = watchProcessMemory();
    const file = temporary();
    const recorder = new Recorder();
    const writer = new RecordingWriter(file, META);
    for (let i = 0; i < 2; i++) {
      record(recorder, ['predict']);
      recorder.noteHeld(0, 0, look());
    }
    writer.close(recorder);
    const [first, second] = readRecording(file).calls;
    expect(first!.memory!.rssBytes).toBeGreaterThan(first!.memory!.heapUsedBytes);
    expect(second).not.toHaveProperty('memory');
  });

  test('a process with V8’s gc is looked at after two collections, with calls in between, for a share of the time', () => {
    let collections = 0;
    const look = watchProcessMemory(() => {
      collections += 1;
      for (const until = performance.now() + 5; performance.now() < until;);
    });
    const looks = Array.from({ length: 40 }, () => [look(), collections] as const);
    // The first two calls of all; then not again until the 10 ms have become half of the time.
    expect(looks.slice(0, 3).map(([memory, made]) => [memory?.collected, made])).toEqual([
      [undefined, 1],
      [true, 2],
      [undefined, 2],
    ]);
    expect(collections).toBe(2);
  });

  test('what a call throws passes through, is recorded, and leaves no open span behind', () => {
    const recorder = new Recorder();
    const boom = new Error('boom');
    expect(() =>
      recorder.callSync(WARM, 1, 0, 4, (context) => {
        context.open(1, 1, 2);
        throw boom;
      }),
    ).toThrow(boom);
    expect(recorder.context()).toBeUndefined();
    const recording = recordingInMemory(recorder, META);
    expect(recording.calls[0]!.error).toBe('boom');
    expect(recording.spans.durationNanos[1]).toBeGreaterThanOrEqual(0);
  });

  test('concurrent asynchronous calls do not mix', async () => {
    const recorder = new Recorder();
    const turn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));
    const call = (name: string): Promise<void> =>
      recorder.callAsync(WARM, recorder.interner.string(name), 0, 4, async () => {
        for (let i = 0; i < 5; i++) {
          const context = recorder.context()!;
          context.close(context.open(recorder.interner.string(`${name}-kernel`), 4, 2));
          await turn();
        }
      });
    await Promise.all([call('a'), call('b'), call('c')]);
    const recording = recordingInMemory(recorder, META);
    expect(draw(recording).sort()).toEqual(
      ['a', 'b', 'c']
        .flatMap((n) => [...Array<string>(5).fill(`  ${n}-kernel`)])
        .concat('a', 'b', 'c')
        .sort(),
    );
    for (let row = 0; row < recording.spans.length; row++) {
      const parent = recording.spans.parent[row]!;
      if (parent >= 0)
        expect(recording.strings[recording.spans.name[row]!]).toBe(`${recording.strings[recording.spans.name[parent]!]}-kernel`);
    }
    expect(recorder.context()).toBeUndefined();
  });

  test('spans past the limit of a call are counted as lost, not dropped in silence', () => {
    const recorder = new Recorder({ maxSpansPerCall: 256 });
    recorder.callSync(WARM, 1, 0, 4, (context) => {
      for (let i = 0; i < 300; i++) context.close(context.open(1, 4, 2));
    });
    const recording = recordingInMemory(recorder, META);
    expect([recording.spans.length, recording.lostSpans]).toEqual([256, 45]);
  });

  test('a span takes at most 64 bytes', () => {
    expect(SPAN_BYTES).toBeLessThanOrEqual(64);
  });
});

const treeArbitrary: fc.Memo<Tree> = fc.memo((depth: number): fc.Arbitrary<Tree> =>
  fc
    .tuple(fc.string(), depth > 1 ? fc.array(treeArbitrary(depth - 1), { maxLength: 3 }) : fc.constant<Tree[]>([]))
    .map(([name, children]): Tree => [name, ...children]),
);

describe('recording file', () => {
  test('reads back what was written, flushed at any points', () => {
    fc.assert(
      fc.property(fc.array(fc.tuple(treeArbitrary(4), fc.boolean()), { maxLength: 8 }), (calls) => {
        const file = temporary();
        const recorder = new Recorder();
        const memory = new Recorder();
        const writer = new RecordingWriter(file, META);
        for (const [tree, flush] of calls) {
          record(recorder, tree);
          record(memory, tree);
          if (flush) writer.flush(recorder);
        }
        writer.close(recorder);
        const back = readRecording(file);
        expect(back.complete).toBe(true);
        expect(draw(back)).toEqual(draw(recordingInMemory(memory, META)));
        expect(back.calls.map((c) => c.rootSpan)).toEqual(back.calls.map((_, i) => back.spans.call.indexOf(i)));
      }),
      { numRuns: 40 },
    );
  });

  function sample(): { file: string; bytes: Buffer } {
    const file = temporary();
    const recorder = new Recorder();
    const writer = new RecordingWriter(file, META);
    for (let i = 0; i < 3; i++) {
      record(recorder, ['predict', ['a', ['b']], ['c']]);
      writer.flush(recorder);
    }
    writer.close(recorder);
    return { file, bytes: readFileSync(file) };
  }

  test('a whole recording with more names than fit on a stack', () => {
    const recorder = new Recorder();
    record(recorder, ['predict', ['a']]);
    const file = temporary();
    const recording = recordingInMemory(recorder, META);
    const strings = [...recording.strings, ...Array.from({ length: 200_000 }, (_, i) => `name ${i}`)];
    writeRecording(file, { ...recording, strings });
    expect(readRecording(file).strings).toEqual(strings);
  });

  test('cut off at any byte, it reads back whole calls and says that it is incomplete, or says what is wrong', () => {
    const { bytes } = sample();
    let last = 0;
    for (let length = 0; length < bytes.length; length += 7) {
      try {
        const back = decodeRecording(bytes.subarray(0, length), 'cut');
        expect(back.complete).toBe(false);
        expect(back.spans.length).toBe(back.calls.length * 4);
        expect(back.calls.length).toBeGreaterThanOrEqual(last);
        last = back.calls.length;
      } catch (thrown) {
        expect((thrown as Error).message).toMatch(/not an Inferscope recording|ends before its meta/);
      }
    }
    expect(last).toBe(3);
  });

  test("the machine's peak is kept where it was measured, and one that cannot be is refused", () => {
    const written = (peak?: { flopsPerSecond: number; bytesPerSecond: number }): string => {
      const file = temporary();
      const writer = new RecordingWriter(file, META);
      if (peak !== undefined) writer.peak(peak);
      writer.close(new Recorder());
      return file;
    };
    expect(readRecording(written({ flopsPerSecond: 5e9, bytesPerSecond: 1e9 })).peak).toEqual({ flopsPerSecond: 5e9, bytesPerSecond: 1e9 });
    expect(readRecording(written())).not.toHaveProperty('peak');
    expect(() => readRecording(written({ flopsPerSecond: 0, bytesPerSecond: 1 }))).toThrow(/peak\.flopsPerSecond must be > 0/);
  });

  test('a flipped byte is noticed and the chunk is named', () => {
    const { file, bytes } = sample();
    const position = bytes.lastIndexOf('"predict"');
    bytes[position + 1] = 0x58;
    writeFileSync(file, bytes);
    expect(() => readRecording(file)).toThrow(/damaged in the chunk at byte \d+: the checksum of strings does not match/);
  });

  test('an unknown version, another file and a missing file are refused with a remedy', () => {
    const { file, bytes } = sample();
    bytes.writeUInt32LE(99, 8);
    writeFileSync(file, bytes);
    expect(() => readRecording(file)).toThrow(/recording version 99, this Inferscope reads version 1: use the Inferscope that wrote it/);
    truncateSync(file, 0);
    appendFileSync(file, '{"not": "a recording"}');
    expect(() => readRecording(file)).toThrow(/is not an Inferscope recording/);
    expect(() => readRecording(`${file}.none`)).toThrow(/Cannot read the recording/);
  });

  test('a bad field is named', () => {
    const file = temporary();
    const recorder = new Recorder();
    const writer = new RecordingWriter(file, { ...META, environment: { ...META.environment, cpuCount: 'two' as unknown as number } });
    writer.close(recorder);
    expect(() => readRecording(file)).toThrow(/meta\.environment\.cpuCount must be integer/);
  });

  test.each([
    ['a time that is none', (spans: SpanColumns) => (spans.durationNanos[1] = NaN), 'row 1 of its spans begins at'],
    ['a negative time', (spans: SpanColumns) => (spans.durationNanos[0] = -1), 'takes -1 ns'],
    [
      'a span of another call than its parent',
      (spans: SpanColumns) => (spans.call[1] = 1),
      'row 1 of its spans is of another call than its parent',
    ],
    [
      'a call whose root span is another’s',
      (_: SpanColumns, calls: CallRecord[]) => (calls[1] = { ...calls[1]!, rootSpan: 0 }),
      'call 1 is of the root span 0',
    ],
    ['a call of no variant', (_: SpanColumns, calls: CallRecord[]) => (calls[0] = { ...calls[0]!, variant: 7 }), 'call 0 is of variant 7'],
    [
      'a latency beyond all bounds',
      (_: SpanColumns, calls: CallRecord[]) => (calls[0] = { ...calls[0]!, latencyNanos: 1e300 }),
      'calls[0].latencyNanos must be <= 1000000000000000000',
    ],
  ])('%s is refused', (_, damage, words) => {
    const recorder = new Recorder();
    for (let call = 0; call < 2; call += 1) record(recorder, ['predict', ['a']]);
    const recording = recordingInMemory(recorder, META);
    const calls = [...recording.calls];
    damage(recording.spans, calls);
    const file = temporary();
    writeRecording(file, { ...recording, calls });
    expect(() => readRecording(file)).toThrow(words);
  });

  test('after kill -9 everything that was flushed reads back', async () => {
    const file = temporary();
    const program = path.resolve('test/record/killed-writer.mjs');
    const child = spawn(process.execPath, [program, file, JSON.stringify(META)], { stdio: ['ignore', 'pipe', 'inherit'] });
    await new Promise<void>((resolve) => child.stdout.once('data', () => resolve()));
    child.kill('SIGKILL');
    await once(child, 'close');
    const back = readRecording(file);
    expect(back.complete).toBe(false);
    expect(back.calls.length).toBeGreaterThanOrEqual(100);
    expect(back.spans.length).toBe(back.calls.length * 2);
  });
});

test('a chunk that is there twice, or missing, is damage: nothing is counted double', () => {
  const file = temporary();
  const recorder = new Recorder();
  const writer = new RecordingWriter(file, META);
  for (let i = 0; i < 3; i++) {
    record(recorder, ['predict', [`kernel-${i}`]]);
    writer.flush(recorder);
  }
  writer.close(recorder);
  const chunks = chunksOf(readFileSync(file));
  expect(decodeRecording(Buffer.concat(chunks), 'whole').calls.length).toBe(3);
  for (let at = 2; at < chunks.length - 1; at++) {
    const twice = Buffer.concat([...chunks.slice(0, at + 1), ...chunks.slice(at)]);
    const missing = Buffer.concat([...chunks.slice(0, at), ...chunks.slice(at + 1)]);
    expect(() => decodeRecording(twice, 'twice')).toThrow(/is damaged/);
    expect(() => decodeRecording(missing, 'missing')).toThrow(/is damaged/);
  }
});
