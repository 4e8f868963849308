import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { bandOf, type Question } from '../../src/model/claim.js';
import { judgeClaim } from '../../src/report/words/claims.js';

const ask = (unit: Question['unit'], published: number | null): Question => ({
  id: 'x',
  experiment: 'tiny',
  what: 'a ÷ b',
  unit,
  published,
  source: 'published',
});
const told = (unit: Question['unit'], published: number, low: number, high: number): string =>
  judgeClaim(ask(unit, published), { kind: 'figure', value: (low + high) / 2, interval: [low, high] }).verdict;

describe('judging a claim', () => {
  it.each([
    ['ratio', 30.1, 20, 40, 'holds here'],
    ['ratio', 30.1, 100, 120, 'holds here'],
    ['ratio', 30.1, 0.99, 1.01, 'does not hold here'],
    ['ratio', 30.1, 10, 20, 'inconclusive'],
    ['ratio', 0.43, 0.3, 0.5, 'holds here'],
    ['ratio', 0.43, 0.9, 0.98, 'does not hold here'],
    ['ratio', 0.43, 2, 3, 'does not hold here'],
    ['ratio', 0.997, 0.95, 1.05, 'holds here'],
    ['ratio', 0.997, 1.2, 1.3, 'does not hold here'],
    ['ratio', 0.997, 0.8, 1.3, 'inconclusive'],
    ['share', 0.81, 0.65, 0.75, 'holds here'],
    ['share', 0.81, 0.05, 0.1, 'does not hold here'],
    ['share', 0.04, 0.01, 0.03, 'holds here'],
    ['share', 0.04, 0.6, 0.7, 'does not hold here'],
    ['count', 3, 3, 3, 'holds here'],
    ['count', 3, 1, 1, 'does not hold here'],
  ] as const)('%s published %d, here %d to %d: %s', (unit, published, low, high, verdict) => {
    expect(told(unit, published, low, high)).toBe(verdict);
  });

  it('says why, with both figures', () => {
    expect(judgeClaim(ask('ratio', 30.1), { kind: 'figure', value: 1, interval: [0.99, 1.01] }).sentence).toBe(
      'x, a ÷ b: published 30.1 × (TensorFlow 2.0.0, Python), here 1.00 × (95 % 0.990 × to 1.01 ×): does not hold here: it asks for at least 15.6 ×.',
    );
    expect(judgeClaim(ask('ratio', 30.1), { kind: 'none', reason: 'there is no such variant' })).toMatchObject({
      measured: null,
      interval: null,
      verdict: 'inconclusive',
      sentence: expect.stringContaining('not measured: inconclusive: there is no such variant'),
    });
    expect(judgeClaim(ask('ratio', null), { kind: 'figure', value: 2, interval: [1, 3] }).verdict).toBe('inconclusive');
  });

  it('finds a figure that equals the published one within its band, and mirrors ratios', () => {
    fc.assert(
      fc.property(fc.double({ min: 0.01, max: 100, noNaN: true }), (published) => {
        const [low, high] = bandOf('ratio', published);
        expect(low).toBeLessThanOrEqual(published);
        expect(high).toBeGreaterThanOrEqual(published);
        const [mirroredLow, mirroredHigh] = bandOf('ratio', 1 / published);
        expect(1 / mirroredHigh).toBeCloseTo(low, 9);
        if (high !== Infinity) expect(1 / mirroredLow).toBeCloseTo(high, 9);
      }),
    );
  });
});
