import { readdirSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, it } from 'vitest';
import { compareRuns } from '../../src/analyse/compare-runs.js';
import { gather } from '../../src/analyse/gather.js';
import { latencyRatio } from '../../src/analyse/ratio.js';
import type { DiffNode } from '../../src/model/analysis.js';
import type { Recording } from '../../src/model/recording.js';
import { readRecording } from '../../src/record/reader.js';
import { verdictOf } from '../../src/model/verdict.js';

// The same command four times, on two processors with twelve to twenty other tasks: what is the truth is known, it is 1.
const runsIn = (name: string): Recording[] => {
  const folder = path.resolve('test/fixtures', name);
  return readdirSync(folder)
    .sort()
    .map((file) => readRecording(path.join(folder, file)));
};
const pairsOf = (runs: readonly Recording[]) =>
  runs.flatMap((before, index) => runs.slice(index + 1).map((after) => [before, after] as const));
const PAIRS = pairsOf(runsIn('identical-runs'));

const flat = (node: DiffNode): DiffNode[] => [node, ...node.children.flatMap(flat)];

/** As runs were compared before: blocks of calls of one process taken for independent samples. */
const byBlocksOfCalls = (recordings: readonly Recording[]): string => {
  const [a, b] = recordings.map((recording) => ({ nanos: gather([recording]).variants[0]!.latencies, blocks: [] }));
  return verdictOf(latencyRatio(a!, b!, 0.95), 0.02);
};

describe('runs of the same command', () => {
  it('are told apart by the rule that takes blocks of calls for independent samples', () => {
    expect(PAIRS.filter((pair) => ['faster', 'slower'].includes(byBlocksOfCalls(pair))).length).toBeGreaterThanOrEqual(4);
  });

  it('are not told apart by process', () => {
    for (const [before, after] of PAIRS) {
      const [comparison] = compareRuns([before], [after]).comparisons;
      expect(comparison).toMatchObject({ verdict: 'cannot-tell' });
      expect(comparison!.interval[0]).toBeLessThan(1);
      expect(comparison!.interval[1]).toBeGreaterThan(1);
      expect(flat(comparison!.diff).filter(({ significant, selfSignificant }) => significant || selfSignificant)).toEqual([]);
    }
  });

  it('are not told apart where each is a tenth of a second, of 7 to 21 calls, and one came to its fastest call three times as late', () => {
    const short = pairsOf(runsIn('short-runs'));
    const ratios = short.map((pair) => compareRuns([pair[0]], [pair[1]]).comparisons[0]!);
    expect(Math.max(...ratios.map(({ ratio }) => Math.max(ratio, 1 / ratio)))).toBeGreaterThan(3);
    for (const { verdict, diff } of ratios) {
      expect(verdict).toBe('cannot-tell');
      expect(flat(diff).filter(({ significant, selfSignificant }) => significant || selfSignificant)).toEqual([]);
    }
  });
});
