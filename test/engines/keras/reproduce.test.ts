import fc from 'fast-check';
import { expect, test } from 'vitest';
import { figureOf } from '../../../src/engines/keras/reproduce.js';
import { medianInterval } from '../../../src/engines/keras/statistics.js';
import { type Question } from '../../../src/model/claim.js';
import { judgeClaim } from '../../../src/report/words/claims.js';

const QUESTION: Question = {
  id: 'medium',
  experiment: 'medium',
  what: 'compiled ÷ uncompiled',
  unit: 'ratio',
  published: 0.997,
  source: 'published',
};
const measured = (values: readonly number[]) =>
  figureOf(medianInterval(values) ?? { median: NaN, interval: [NaN, NaN], coverage: 0 }, 'rounds');

test('five rounds carry no verdict, however alike they are', () => {
  const claim = judgeClaim(QUESTION, measured([1.16, 1.15, 1.17, 1.16, 1.15]));
  expect(claim).toMatchObject({ verdict: 'inconclusive', measured: null, interval: null });
  expect(claim.sentence).toContain('too few rounds');
});

test('six or more give the figure with its interval', () => {
  fc.assert(
    fc.property(fc.array(fc.double({ min: 0.5, max: 2, noNaN: true }), { minLength: 6, maxLength: 40 }), (values) => {
      const figure = measured(values);
      expect(figure.kind).toBe('figure');
      if (figure.kind === 'figure') expect(figure.interval[0] <= figure.value && figure.value <= figure.interval[1]).toBe(true);
    }),
  );
});
