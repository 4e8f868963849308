import fc from 'fast-check';
import { expect, test } from 'vitest';
import { signatureRows } from '../../../../src/analyse/signatures.js';
import type { CallRecord, Recording } from '../../../../src/model/recording.js';
import { paddingPlans, type SizedSignature } from '../../../../src/model/signatures.js';
import { paddingSentence } from '../../../../src/report/topics/shapes.js';

const call = (variant: number, latencyNanos: number, temperature: CallRecord['temperature'], more: object = {}): CallRecord => ({
  variant,
  latencyNanos,
  temperature,
  rootSpan: -1,
  startNanos: 0,
  round: 0,
  signature: 'float32[1,4]',
  batch: 1,
  ...more,
});

test('first calls, hits, misses and calls to pay back; failed calls and controls do not count', () => {
  const calls = [
    call(0, 900, 'cold-session'),
    call(0, 500, 'warm'),
    call(0, 510, 'warm'),
    call(0, 490, 'warm'),
    call(1, 4100, 'cold-session'),
    call(1, 100, 'warm'),
    call(1, 7, 'warm', { error: 'broken' }),
    call(2, 2000, 'cold-session'),
    call(2, 1900, 'warm'),
  ];
  const recording = {
    meta: {
      variants: [
        { name: 'uncompiled', call: 'predict' },
        { name: 'graph', call: 'predict' },
        { name: 'uncompiled (again)', call: 'predict', control: 'again' },
      ],
    },
    calls,
  } as unknown as Recording;
  expect(signatureRows([recording])).toEqual([
    {
      variant: 'uncompiled/predict',
      signature: 'float32[1,4]',
      hits: 3,
      misses: 1,
      firstCallNanos: 900,
      warmNanos: 500,
      payBackCalls: null,
    },
    { variant: 'graph/predict', signature: 'float32[1,4]', hits: 1, misses: 1, firstCallNanos: 4100, warmNanos: 100, payBackCalls: 10 },
  ]);
});

const sized = (batch: number, hits: number, first: number, warm: number | null): SizedSignature => ({
  variant: 'graph/predict',
  signature: `float32[${batch},4],int32[${batch}]`,
  hits,
  misses: 1,
  firstCallNanos: first,
  warmNanos: warm,
});

test('sizes are padded where building costs more than the larger batch, and the measured times are the evidence', () => {
  // Nine calls each. Padding 5, 6 and 7 to 8 costs a few units a call and saves three builds of 1,000; 100 is far away.
  const rows = [sized(5, 8, 1005, 5), sized(6, 8, 1006, 6), sized(7, 8, 1007, 7), sized(8, 8, 1008, 8), sized(100, 8, 1400, 400)];
  const [plan, ...more] = paddingPlans(rows);
  expect(more).toEqual([]);
  expect(plan).toEqual({
    variant: 'graph/predict',
    pattern: 'float32[?,4],int32[?]',
    buckets: [8, 100],
    sizes: [5, 6, 7, 8, 100].map((batch) => ({ batch, calls: 9 })),
    nowNanos: 5000 + 9 * (5 + 6 + 7 + 8 + 400),
    paddedNanos: 2000 + 9 * (4 * 8 + 400),
  });
  expect(paddingSentence(plan!)).toMatch(
    /^Pad the batch of float32\[\?,4\],int32\[\?\] to 8, 100 with graph\/predict: .*45 measured calls .* \(33 % less.*5 \(9×\)/,
  );
});

test('no padding where it does not pay: cheap first calls, one size, sizes that no warm call was seen of, other dimensions', () => {
  expect(paddingPlans([sized(1, 50, 11, 10), sized(100, 50, 1001, 1000)])).toEqual([]);
  expect(paddingPlans([sized(5, 8, 1005, 5)])).toEqual([]);
  expect(paddingPlans([sized(5, 8, 1005, 5), sized(8, 0, 1008, null)])).toEqual([]);
  expect(
    paddingPlans([
      { ...sized(5, 8, 1005, 5), signature: 'float32[5,4]' },
      { ...sized(5, 8, 1005, 5), signature: 'float32[5,8]' },
    ]),
  ).toEqual([]);
});

test('no other choice of buckets is cheaper than the one given (all choices tried)', () => {
  const size = fc.record({
    hits: fc.integer({ min: 1, max: 9 }),
    build: fc.integer({ min: 0, max: 500 }),
    warm: fc.integer({ min: 1, max: 60 }),
  });
  fc.assert(
    fc.property(fc.array(size, { minLength: 2, maxLength: 6 }), (list) => {
      const rows = list.map(({ hits, build, warm }, index) => sized(index + 1, hits, build + warm, warm));
      const now = list.reduce((sum, { hits, build, warm }) => sum + build + (hits + 1) * warm, 0);
      const costs = Array.from({ length: 2 ** (list.length - 1) }, (_, cuts) => {
        let [nanos, calls] = [0, 0];
        list.forEach(({ hits, build, warm }, index) => {
          calls += hits + 1;
          if (index < list.length - 1 && (cuts & (1 << index)) === 0) return;
          nanos += build + calls * warm;
          calls = 0;
        });
        return nanos;
      });
      const best = Math.min(...costs);
      const [plan] = paddingPlans(rows);
      if (plan === undefined) expect(best).toBeGreaterThan(now * 0.95);
      else expect([plan.paddedNanos, plan.nowNanos]).toEqual([best, now]);
    }),
  );
});
