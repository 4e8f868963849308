import { expect, test } from 'vitest';
import { signatureRows } from '../../src/analyse/signatures.js';
import type { CallRecord, Recording } from '../../src/model/recording.js';

const call = (variant: number, latencyNanos: number, temperature: CallRecord['temperature'], more: object = {}): CallRecord => ({
  variant, latencyNanos, temperature, rootSpan: -1, startNanos: 0, round: 0, signature: 'float32[1,4]', batch: 1, ...more,
});

test('first calls, hits, misses and calls to pay back; failed calls do not count', () => {
  const calls = [
    call(0, 900, 'cold-session'), call(0, 500, 'warm'), call(0, 510, 'warm'), call(0, 490, 'warm'),
    call(1, 4100, 'cold-session'), call(1, 100, 'warm'), call(1, 7, 'warm', { error: 'broken' }),
  ];
  const recording = { meta: { variants: [{ name: 'uncompiled', call: 'predict' }, { name: 'graph', call: 'predict' }] }, calls } as unknown as Recording;
  expect(signatureRows(recording)).toEqual([
    { variant: 'uncompiled/predict', signature: 'float32[1,4]', hits: 3, misses: 1, firstCallNanos: 900, warmNanos: 500, payBackCalls: null },
    { variant: 'graph/predict', signature: 'float32[1,4]', hits: 1, misses: 1, firstCallNanos: 4100, warmNanos: 100, payBackCalls: 10 },
  ]);
});
