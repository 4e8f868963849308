import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { growthOf } from '../../src/analyse/memory.js';
import { uniformFrom } from '../../src/model/random.js';

const MIB = 2 ** 20;

/** Looks at memory that is collected now and then: what is held, and garbage that piles up in between. */
function looks(seed: number, held: (call: number) => number, { count = 200, garbage = 8 * MIB, noise = 0.2 * MIB } = {}) {
  const next = uniformFrom(seed);
  let uncollected = 0;
  return Array.from({ length: count }, (_, at) => {
    uncollected = uncollected > garbage * (0.5 + next() / 2) ? 0 : uncollected + (next() * garbage) / 4;
    return { call: at * 10, bytes: 40 * MIB + held(at * 10) + uncollected + next() * noise };
  });
}

describe('growth of memory with the calls', () => {
  it('of so many bytes per call is found, with an interval that holds them', () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 1e6 }), fc.integer({ min: 4000, max: 200_000 }), (seed, bytes) => {
        const growth = growthOf(
          looks(seed, (call) => bytes * call),
          'array-buffers',
        );
        if (growth.kind !== 'grows') throw new Error(`${bytes} bytes per call of seed ${seed}: ${growth.kind}`);
        expect(Math.abs(growth.bytesPerCall / bytes - 1)).toBeLessThan(0.25);
        expect(growth.interval[0]).toBeLessThanOrEqual(growth.bytesPerCall);
        expect(growth.interval[1]).toBeGreaterThanOrEqual(growth.bytesPerCall);
      }),
      { numRuns: 200 },
    );
  });

  it('is not found where nothing grows, but for less than 1 of 100 processes', () => {
    const found = Array.from({ length: 2000 }, (_, seed) =>
      growthOf(
        looks(seed + 1, () => 0),
        'array-buffers',
      ),
    ).filter(({ kind }) => kind === 'grows');
    expect(found.length).toBeLessThan(20);
  });

  it('is none of memory that fills up at first, or in one step', () => {
    const filling = looks(3, (call) => 30 * MIB * (1 - Math.exp(-call / 200)));
    const step = looks(4, (call) => (call > 1000 ? 30 * MIB : 0));
    expect(growthOf(filling, 'v8-heap').kind).toBe('none');
    expect(growthOf(step, 'v8-heap').kind).toBe('none');
  });

  it('is none of a few models that are loaded one after another', () => {
    const models = Array.from({ length: 200 }, (_, at) => ({ call: at * 10, bytes: 30 * MIB * Math.min(5, 1 + Math.floor(at / 38)) }));
    expect(growthOf(models, 'native').kind).toBe('none');
    expect(growthOf(models, 'tensors').kind).toBe('none');
  });

  it('is not told from inputs that grow, and is of inputs that vary', () => {
    const next = uniformFrom(6);
    const grown = (sizeOf: (at: number) => number) =>
      Array.from({ length: 200 }, (_, at) => ({ call: at, bytes: 50_000 * at, elements: sizeOf(at) }));
    const steadyGrowth = { kind: 'grows', bytesPerCall: 50_000, interval: [50_000, 50_000] };
    expect(
      growthOf(
        grown((at) => at),
        'tensors',
      ),
    ).toEqual({ kind: 'unknown', why: 'inputs-grow' });
    expect(
      growthOf(
        grown(() => Math.floor(1 + next() * 200)),
        'tensors',
      ),
    ).toEqual(steadyGrowth);
    expect(
      growthOf(
        grown(() => 64),
        'tensors',
      ),
    ).toEqual(steadyGrowth);
  });

  it('is not judged with a few looks', () => {
    expect(
      growthOf(
        looks(5, (call) => call * 1e5, { count: 12 }),
        'native',
      ),
    ).toEqual({ kind: 'unknown', why: 'few-looks' });
  });
});
