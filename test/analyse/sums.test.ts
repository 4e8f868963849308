/** Sums that hold in every report: stages add up to the call, and counts per call times calls are what was recorded. */
import { readdirSync } from 'node:fs';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { analyse } from '../../src/analyse/analyse.js';
import { roundBlocks } from '../../src/analyse/blocks.js';
import { gather } from '../../src/analyse/gather.js';
import { latencySeries } from '../../src/analyse/latencies.js';
import type { FlameNode } from '../../src/model/analysis.js';
import type { Recording } from '../../src/model/recording.js';
import { STAGES } from '../../src/model/stage.js';
import { variantKey } from '../../src/model/variant.js';
import { readRecording } from '../../src/record/reader.js';
import { arbitraryRun } from '../helpers/arbitrary-run.js';
import { draw, type DrawnRun } from '../helpers/recordings.js';

const spansIn = (node: FlameNode): number => node.count + node.children.reduce((sum, child) => sum + spansIn(child), 0);

/** Spans of the warm calls that count, straight from the rows. */
function spansOf(recording: Recording, key: string): number {
  const { calls, spans, meta } = recording;
  const mine = new Set(
    calls.flatMap((call, number) =>
      variantKey(meta.variants[call.variant]!) === key && call.temperature === 'warm' && call.traced !== true && call.error === undefined
        ? [number]
        : [],
    ),
  );
  const rounds = new Set(calls.filter(({ round }) => round >= 0).map(({ variant }) => variant));
  let count = 0;
  for (let row = 0; row < spans.length; row += 1) {
    const number = spans.call[row]!;
    const call = calls[number];
    if (call !== undefined && mine.has(number) && (call.round >= 0 || !rounds.has(call.variant)))
      count += recording.details[spans.detail[row]!]?.repeat ?? 1;
  }
  return count;
}

function check(recording: Recording): void {
  for (const { key, calls, stages, latencyNanos, tree } of analyse([recording]).variants) {
    if (calls === 0) continue;
    const sum = STAGES.reduce((total, stage) => total + stages[stage].nanosPerCall, 0);
    expect(Math.abs(sum - latencyNanos.mean)).toBeLessThanOrEqual(1e-6 * latencyNanos.mean + 1e-6);
    expect(spansIn(tree)).toBe(spansOf(recording, key));
  }
}

/** Ratios take the short way to the latencies that the report shows. */
function checkLatencies(recording: Recording): void {
  const figures = gather([recording]).variants.filter(({ latencies }) => latencies.length > 0);
  expect([...latencySeries([recording], roundBlocks([recording]))]).toEqual(
    figures.map(({ key, latencies: nanos, latencyBlocks: blocks, latencySignatures: signatures }) => [
      key,
      { nanos, blocks, signatures, machine: null },
    ]),
  );
}

/**
 * Of one variant all calls begin alike, as they do in programs: else the tree has one more node above them. Traced calls stand for
 * kernels only.
 */
const alike = (run: DrawnRun): DrawnRun => ({
  ...run,
  calls: run.calls.map((call) => ({
    ...call,
    async: false,
    traced: false,
    root: { ...call.root, name: 'predict', stage: 'glue', kind: 'call' },
  })) as typeof run.calls,
});

test('property: generated runs', () => {
  fc.assert(fc.property(fc.constantFrom<'nested' | 'wild'>('nested', 'wild').chain(arbitraryRun), (run) => check(draw(alike(run)))));
  fc.assert(fc.property(fc.constantFrom<'nested' | 'wild'>('nested', 'wild').chain(arbitraryRun), (run) => checkLatencies(draw(run))));
});

test('runs that were recorded', () => {
  const folders = ['test/fixtures/identical-runs', 'test/fixtures/short-runs'];
  const files = folders.flatMap((folder) =>
    readdirSync(folder)
      .filter((name) => name.endsWith('.isr'))
      .map((name) => `${folder}/${name}`),
  );
  expect(files.length).toBeGreaterThan(0);
  for (const file of files) [check, checkLatencies].forEach((law) => law(readRecording(file)));
});
