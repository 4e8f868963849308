/** Variants that run one graph: a measured difference between them is noise, and never a winner. */
import fc from 'fast-check';
import { expect, it } from 'vitest';
import { withoutWinnersOfOneGraph } from '../../src/analyse/same-graph.js';
import type { ComparisonFinding } from '../../src/model/findings.js';
import type { Verdict } from '../../src/model/verdict.js';
import { bestOf } from '../../src/analyse/findings/variants.js';
import { tellComparison } from '../../src/report/tell.js';

const VERDICTS = ['faster', 'slower', 'no-difference', 'cannot-tell'] as const satisfies readonly Verdict[];
const NAMES = ['basic', 'extended', 'all', 'offline'] as const;

const compared = (verdicts: Readonly<Record<string, Verdict>>, ratio = 0.9): ComparisonFinding[] =>
  Object.entries(verdicts).map(([name, verdict]) => ({
    baseline: 'disabled/run',
    candidate: `${name}/run`,
    ratio,
    interval: [ratio * 0.9, ratio * 1.1],
    verdict,
    rests: { kind: 'rounds', basis: 'paired', confidence: 0.95, remark: null },
    diff: {} as ComparisonFinding['diff'],
  }));

const judged = (verdicts: Readonly<Record<string, Verdict>>, ...groups: string[][]): Readonly<Record<string, Verdict>> =>
  Object.fromEntries(
    withoutWinnersOfOneGraph(
      compared(verdicts),
      groups.map((group) => group.map((name) => `${name}/run`)),
    ).map(({ candidate, verdict }) => [candidate.replace('/run', ''), verdict]),
  );

it('a level that leaves the graph as it was exported is neither faster nor slower than it, and the sentence says why', () => {
  const verdicts = { basic: 'faster', extended: 'slower', all: 'faster' } as const;
  expect(judged(verdicts, ['disabled', 'basic', 'extended'])).toEqual({
    basic: 'no-difference',
    extended: 'no-difference',
    all: 'faster',
  });
  const [basic] = withoutWinnersOfOneGraph(compared({ basic: 'faster' }), [['disabled/run', 'basic/run']]);
  expect(tellComparison(basic!).sentence).toContain(
    'no difference; it runs the same graph as disabled/run, so that a difference is noise.',
  );
});

it('levels that make one graph of a model are faster together, or none is for certain', () => {
  const group = ['basic', 'all'];
  expect(judged({ basic: 'faster', all: 'faster', extended: 'slower' }, group)).toEqual({
    basic: 'faster',
    all: 'faster',
    extended: 'slower',
  });
  expect(judged({ basic: 'faster', all: 'cannot-tell' }, group)).toEqual({ basic: 'cannot-tell', all: 'cannot-tell' });
  expect(judged({ basic: 'faster', all: 'no-difference' }, group)).toEqual({ basic: 'cannot-tell', all: 'no-difference' });
  expect(judged({ basic: 'faster', all: 'cannot-tell' })).toEqual({ basic: 'faster', all: 'cannot-tell' });
});

it('of levels with one graph the default is advised, however far apart they were measured', () => {
  const apart = [...compared({ basic: 'faster' }, 0.5), ...compared({ all: 'faster' }, 0.9)];
  const best = (groups: readonly (readonly string[])[]): string | undefined =>
    bestOf(withoutWinnersOfOneGraph(apart, groups).map(tellComparison))?.candidate;
  expect([best([]), best([['basic/run', 'all/run']])]).toEqual(['basic/run', 'all/run']);
});

it('whatever was measured: within a group no verdict is contrary to another, and outside of groups each is as it was', () => {
  const verdicts = fc.record(Object.fromEntries(NAMES.map((name) => [name, fc.constantFrom(...VERDICTS)])));
  fc.assert(
    fc.property(verdicts, fc.subarray([...NAMES], { minLength: 2 }), (measured, group) => {
      const after = judged(measured, group);
      const sure = new Set(group.map((name) => after[name]).filter((verdict) => verdict === 'faster' || verdict === 'slower'));
      expect(sure.size).toBeLessThanOrEqual(1);
      if (sure.size === 1) expect(new Set(group.map((name) => after[name])).size).toBe(1);
      for (const name of NAMES.filter((name) => !group.includes(name))) expect(after[name]).toBe(measured[name]);
    }),
  );
});
