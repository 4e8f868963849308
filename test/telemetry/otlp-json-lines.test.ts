import { mkdtemp, readFile, readdir, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { writeOtlpJsonLines } from '../../src/telemetry/otlp/json-lines.js';
import type { TracesData } from '../../src/model/otlp.js';
import { spansFromRecording } from '../../src/telemetry/spans/spans-from-recording.js';
import { manyCalls } from '../helpers/drawn-lines.js';

const folder = () => mkdtemp(join(tmpdir(), 'inferscope-'));

async function linesOf(files: readonly string[]): Promise<TracesData[]> {
  const texts = await Promise.all(files.map((file) => readFile(file, 'utf8')));
  return texts.flatMap((text) => text.trimEnd().split('\n')).map((line) => JSON.parse(line) as TracesData);
}

const spansIn = (lines: readonly TracesData[]) =>
  lines
    .flatMap((line) => line.resourceSpans ?? [])
    .flatMap(({ scopeSpans }) => scopeSpans ?? [])
    .flatMap(({ spans }) => spans ?? []);

describe('OTLP/JSON lines', () => {
  it('hold every span, one trace a line', async () => {
    const result = await writeOtlpJsonLines(spansFromRecording(manyCalls(30)), join(await folder(), 'spans'));
    const lines = await linesOf(result.files);
    expect(result.spans).toBe(150);
    expect(lines.length).toBe(30);
    expect(new Set(spansIn(lines).map(({ spanId }) => spanId)).size).toBe(150);
    expect(new Set(spansIn(lines.slice(0, 1)).map(({ traceId }) => traceId)).size).toBe(1);
  });

  it('are split before a file passes the limit, and a shorter export removes old parts', async () => {
    const directory = await folder();
    const base = join(directory, 'spans');
    const split = await writeOtlpJsonLines(spansFromRecording(manyCalls(30)), base, 20_000);
    expect(split.files.length).toBeGreaterThan(3);
    expect(split.files.slice(0, 2)).toEqual([`${base}.otlp.jsonl`, `${base}-2.otlp.jsonl`]);
    for (const file of split.files) expect((await readFile(file)).length).toBeLessThanOrEqual(20_000);
    expect(spansIn(await linesOf(split.files)).length).toBe(150);
    await writeOtlpJsonLines(spansFromRecording(manyCalls(1)), base);
    expect(await readdir(directory)).toEqual(['spans.otlp.jsonl']);
  });

  it('say what to do when they cannot be written', async () => {
    const file = join(await folder(), 'file');
    await writeFile(file, '');
    const writing = writeOtlpJsonLines(spansFromRecording(manyCalls(1)), join(file, 'spans'));
    await expect(writing).rejects.toThrow(/Cannot write .*Choose another --out/);
  });
});
