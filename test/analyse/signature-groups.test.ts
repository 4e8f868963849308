import fc from 'fast-check';
import { expect, test } from 'vitest';
import { patternOf, signatureGroups } from '../../src/analyse/signature-groups.js';
import type { CallRecord } from '../../src/model/recording.js';
import { callCounts, signatureRows } from '../../src/analyse/signatures.js';
import { noShapesSentence } from '../../src/report/topics/shapes.js';
import { draw } from '../helpers/recordings.js';

const groupsOf = (calls: readonly (readonly [signature: string, temperature: CallRecord['temperature'], latencyNanos: number])[]) =>
  signatureGroups([
    draw({ calls: calls.map(([signature, temperature, latencyNanos]) => ({ root: null, signature, temperature, latencyNanos })) }),
  ]);

test('sizes that differ are open, dtypes and ranks keep groups apart', () => {
  const groups = groupsOf([
    ['float32[1,32,40,3]', 'cold-session', 900],
    ['float32[1,64,40,3]', 'warm', 100],
    ['float32[1,64,48,3]', 'warm', 300],
    ['int32[1,7]', 'warm', 5],
  ]);
  expect(groups).toEqual([
    { variant: 'uncompiled/predict', pattern: 'float32[1,?,?,3]', signatures: 3, calls: 3, built: 1, signaturesBuilt: 1, warmNanos: 200 },
  ]);
});

test('property: each call is in at most one group, and a pattern fits every signature of it', () => {
  const size = fc.integer({ min: 1, max: 9 });
  const signatures = fc.array(
    fc.array(size, { minLength: 2, maxLength: 2 }).map(([a, b]) => `float32[${a},${b}]`),
    { minLength: 1, maxLength: 20 },
  );
  fc.assert(
    fc.property(signatures, (list) => {
      const distinct = new Set(list).size;
      const [group, ...more] = groupsOf(list.map((signature) => [signature, 'warm', 1] as const));
      expect(more).toEqual([]);
      expect(group === undefined).toBe(distinct === 1);
      if (group === undefined) return;
      expect([group.signatures, group.calls, group.built]).toEqual([distinct, list.length, 0]);
      const fits = new RegExp(`^${patternOf(list).replace(/[[\]]/g, '\\$&').replaceAll('?', '\\d+')}$`);
      for (const signature of list) expect(signature).toMatch(fits);
    }),
  );
});

test.each([
  ['no call of this run ended', []],
  ['the only call of this run failed', [{ root: null, error: 'x' }]],
  ['all 2 calls of this run failed', [1, 2].map(() => ({ root: null, error: 'x' }))],
  ['this run created 1 session and no run of one succeeded', [{ root: null }]],
] as const)('a run without a shape says why: %s', (why, calls) => {
  const recording = draw({ calls, variants: [{ name: 'session', call: 'create', alone: true }] });
  expect(signatureRows([recording])).toEqual([]);
  expect(noShapesSentence(callCounts([recording]))).toContain(why);
});
