import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { comparisonOfProfiles } from '../../src/runs/view-profiles.js';
import { compareProfiles, pairProfiles } from '../../src/analyse/compare-profiles.js';
import type { DiffNode } from '../../src/model/analysis.js';
import type { ForeignProfile } from '../../src/model/foreign.js';
import { readForeignProfile } from '../helpers/foreign-profile.js';

/** Collapsed stacks without a unit are samples, so they know their own error. */
const samples = (text: string, name = 'p.txt'): ForeignProfile => readForeignProfile(name, Buffer.from(text))[0]!;
const trace = (...events: readonly (readonly [name: string, ts: number, dur: number])[]): ForeignProfile =>
  readForeignProfile(
    't.json',
    Buffer.from(JSON.stringify(events.map(([name, ts, dur]) => ({ ph: 'X', name, ts, dur, pid: 1, tid: 1 })))),
  )[0]!;
const frames = (node: DiffNode): DiffNode[] => [node, ...node.children.flatMap(frames)];
const sure = (node: DiffNode): string[] =>
  frames(node)
    .filter(({ significant }) => significant)
    .map(({ name }) => name);

describe('compareProfiles', () => {
  const anyStacks = fc
    .array(fc.tuple(fc.constantFrom('a', 'a;b', 'a;c', 'd', 'd;b;e'), fc.integer({ min: 1, max: 5000 })), { minLength: 1, maxLength: 6 })
    .map((lines) => lines.map(([stack, count]) => `${stack} ${count}`).join('\n'));

  it('finds no difference between a profile and itself', () => {
    fc.assert(
      fc.property(anyStacks, (text) => {
        expect(sure(compareProfiles(samples(text), samples(text)).diff)).toEqual([]);
      }),
    );
  });

  it('gives the same frames with the sign turned when the sides are swapped', () => {
    fc.assert(
      fc.property(anyStacks, anyStacks, (one, other) => {
        const [there, back] = [compareProfiles(samples(one), samples(other)).diff, compareProfiles(samples(other), samples(one)).diff];
        expect(sure(there).sort()).toEqual(sure(back).sort());
        const shares = (node: DiffNode, whole: number, sign: number, above = ''): [string, number][] => {
          const here = `${above};${above === '' ? '' : node.name}`;
          return [
            [here, Math.round(((sign * node.shiftNanos) / whole) * 1e6) + 0],
            ...node.children.flatMap((child) => shares(child, whole, sign, here)),
          ];
        };
        const sorted = (diff: DiffNode, sign: number) =>
          shares(diff, diff.baseline.totalNanosPerCall, sign).sort(([a], [b]) => (a < b ? -1 : 1));
        expect(sorted(there, 1)).toEqual(sorted(back, -1));
      }),
    );
  });

  it('compares samples by share: twice as long is no difference, another mix is', () => {
    const one = samples('main;a 1000\nmain;b 1000');
    expect(sure(compareProfiles(one, samples('main;a 2000\nmain;b 2000')).diff)).toEqual([]);
    const shifted = compareProfiles(one, samples('main;a 1500\nmain;b 500'));
    expect(shifted).toMatchObject({ basis: 'share', ratio: null });
    expect(sure(shifted.diff)).toEqual(['a', 'b']);
    expect(sure(compareProfiles(one, samples('main;a 1010\nmain;b 990')).diff)).toEqual([]);
  });

  it('counts samples, not the time they stand for: four long ones decide nothing, four hundred do', () => {
    const profile = (a: number, b: number): ForeignProfile => {
      const nodes = ['(root)', 'a', 'b'].map((functionName, i) => ({
        id: i + 1,
        callFrame: { functionName, url: '', lineNumber: -1 },
        ...(i === 0 ? { children: [2, 3] } : {}),
      }));
      const samples = Array.from({ length: a + b }, (_, i) => (i < a ? 2 : 3));
      return readForeignProfile(
        'p.cpuprofile',
        Buffer.from(
          JSON.stringify({
            nodes,
            startTime: 0,
            endTime: samples.length * 1e6,
            samples,
            timeDeltas: samples.map((_, i) => (i === 0 ? 0 : 1e6)),
          }),
        ),
      )[0]!;
    };
    expect(sure(compareProfiles(profile(3, 1), profile(1, 3)).diff)).toEqual([]);
    expect(sure(compareProfiles(profile(300, 100), profile(100, 300)).diff)).toEqual(['a', 'b']);
  });

  it('compares traces by time, and leaves undecided what ran once', () => {
    const runs = (dur: number) =>
      trace(
        ...[0, 1, 2, 3].flatMap(
          (i) =>
            [
              ['run', i * 1000, 500],
              ['Conv', i * 1000 + 1, dur + (i % 2)],
            ] as const,
        ),
        ['load', 9000, dur * 10],
      );
    const { basis, ratio, diff } = compareProfiles(runs(100), runs(200));
    expect(basis).toBe('time');
    expect(ratio).toBeCloseTo(4000 / 3000, 5);
    expect(sure(diff)).toContain('Conv');
    expect(sure(diff)).not.toContain('load');
  });

  it('is as sure of a frame as its fewest executions allow: two runs stay undecided, whatever their fifty convolutions say', () => {
    const runs = (dur: number) =>
      trace(
        ...[100, 300].flatMap(
          (self, i) =>
            [
              ['run', i * 10_000, self + 50 * dur],
              ...Array.from({ length: 50 }, (_, j) => ['Conv', i * 10_000 + j * dur, dur - (j % 2)] as const),
            ] as const,
        ),
      );
    expect(sure(compareProfiles(runs(5), runs(15)).diff)).toEqual(['Conv']);
  });

  it('does not compare counts by time', () => {
    expect(() => compareProfiles(samples('a 1', 'count.txt'), trace(['a', 0, 1]), { basis: 'time' })).toThrow(
      'count.txt does not state times',
    );
    expect(compareProfiles(samples('a 1'), trace(['a', 0, 1])).basis).toBe('share');
  });

  it('says what has no counterpart and is not compared', () => {
    const named = (name: string): ForeignProfile => ({ ...samples('a 1'), name });
    const { profiles, comparisons } = comparisonOfProfiles([named('x'), named('y')], [named('z'), named('y')], ['a.json', 'b.json']);
    expect(comparisons).toHaveLength(1);
    expect(profiles.flatMap(({ notes }) => notes.filter((note) => note.includes('counterpart')))).toEqual([
      'Of a.json, “x” has no counterpart of that name in the other file, and is not compared.',
      'Of b.json, “z” has no counterpart of that name in the other file, and is not compared.',
    ]);
  });

  it('pairs profiles by name, then in order', () => {
    const named = (name: string): ForeignProfile => ({ ...samples('a 1'), name });
    const names = (pairs: readonly (readonly [ForeignProfile, ForeignProfile])[]): string[] =>
      pairs.map((pair) => pair.map(({ name }) => name).join('/'));
    expect(names(pairProfiles([named('x'), named('y')], [named('y'), named('z')]))).toEqual(['y/y']);
    expect(names(pairProfiles([named('x'), named('y')], [named('z')]))).toEqual(['x/z']);
    // Two threads of one name: each with its own counterpart, the third with none.
    const [first, second, third] = [named('x'), named('x'), named('x')] as const;
    expect(pairProfiles([first, second, third], [second, first]).map(([, right]) => right === second)).toEqual([true, false]);
    expect(() => pairProfiles([], [named('z')])).toThrow('one file holds none');
  });
});
