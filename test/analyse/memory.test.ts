import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { growthOf, memoryFigure } from '../../src/analyse/memory.js';
import type { ProcessMemory } from '../../src/model/recording.js';
import { uniformFrom } from '../../src/model/random.js';
import { draw } from '../helpers/recordings.js';

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

describe('memory of a process', () => {
  const processOf = (memoryOf: (call: number) => ProcessMemory | undefined, calls = 100) =>
    memoryFigure([
      draw({
        calls: Array.from({ length: calls }, (_, call) => {
          const memory = memoryOf(call);
          return { root: null, startNanos: call * 1e7, latencyNanos: 1e6, ...(memory === undefined ? {} : { memory }) };
        }),
      }),
    ])!;
  const growthOfOwner = (figure: ReturnType<typeof processOf>, wanted: string) =>
    figure.owners.find(({ owner }) => owner === wanted)?.growth;
  const v8 = (more: Partial<ProcessMemory>): ProcessMemory => ({
    rssBytes: 200 * MIB,
    heapUsedBytes: 20 * MIB,
    externalBytes: 5 * MIB,
    heapTotalBytes: 40 * MIB,
    arrayBuffersBytes: 4 * MIB,
    ...more,
  });

  it('is judged by looks after collections that were made for it, whatever garbage the others see', () => {
    const garbage = (call: number): number => (call % 10) * 3 * MIB;
    const figure = processOf((call) =>
      call % 10 === 0
        ? v8({ heapUsedBytes: 20 * MIB + 50_000 * call, arrayBuffersBytes: 4 * MIB, collected: true })
        : v8({ heapUsedBytes: 20 * MIB + 50_000 * call + garbage(call), arrayBuffersBytes: 4 * MIB + garbage(call) }),
    );
    expect(growthOfOwner(figure, 'v8-heap')).toEqual({ kind: 'grows', bytesPerCall: 50_000, interval: [50_000, 50_000] });
    expect(growthOfOwner(figure, 'array-buffers')).toEqual({ kind: 'none', bytesPerCall: 0, interval: [0, 0] });
  });

  it('of a heap is not judged by five of them', () => {
    const figure = processOf((call) => v8(call >= 20 && call % 16 === 0 ? { collected: true } : {}));
    expect(growthOfOwner(figure, 'v8-heap')).toEqual({ kind: 'unknown', why: 'few-collections' });
  });

  it('of Python is the resident set as a whole', () => {
    const python = (call: number): ProcessMemory => ({ rssBytes: 300 * MIB + 262_144 * call, heapUsedBytes: 0, externalBytes: 0 });
    const figure = processOf(python);
    expect(figure.owners.map(({ owner }) => owner)).toEqual(['process']);
    expect(growthOfOwner(figure, 'process')).toEqual({ kind: 'grows', bytesPerCall: 262_144, interval: [262_144, 262_144] });
  });

  it('of native kinds is not judged in fewer than a hundred calls, in which an engine may still fill its arenas', () => {
    const growing = (call: number): ProcessMemory => v8({ rssBytes: (200 + call) * MIB });
    expect(growthOfOwner(processOf(growing, 99), 'native')).toEqual({ kind: 'unknown', why: 'few-looks' });
    expect(growthOfOwner(processOf(growing, 100), 'native')).toMatchObject({ kind: 'grows', bytesPerCall: MIB });
  });

  it('has its peak where the mark of the system last rose, within calls or before them', () => {
    const marked = (call: number): ProcessMemory => v8({ peakRssBytes: (call < 30 ? 300 : 320) * MIB });
    expect(processOf(marked).peak).toEqual({ bytes: 320 * MIB, calls: 31 });
    expect(processOf((call) => (call % 7 === 0 ? marked(0) : undefined)).peak).toEqual({ bytes: 300 * MIB, calls: 1 });
    expect(processOf(() => v8({}))).not.toHaveProperty('peak');
  });
});
