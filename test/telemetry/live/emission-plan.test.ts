import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { planEmission } from '../../../src/telemetry/live/emission-plan.js';
import type { BatchedCall, EmissionPlan } from '../../../src/telemetry/live/emission-plan.js';
import { spanKindCode } from '../../../src/model/span.js';
import type { SpanKind } from '../../../src/model/span.js';

interface Row {
  readonly parent: number;
  readonly kind: SpanKind;
  readonly nanos: number;
}

/** Rows as drawn; each starts where the one before it among its siblings ended. `before`: rows of an earlier batch. */
function call(rows: readonly Row[], before = 0): BatchedCall {
  const starts: number[] = [];
  const next = rows.map(() => 0);
  rows.forEach(({ parent, nanos }, row) => {
    const start = parent < 0 ? 1000 : (next[parent] ?? 0);
    starts.push(start);
    next[row] = start;
    if (parent >= 0) next[parent] = start + nanos;
  });
  return {
    spans: {
      length: rows.length,
      startNanos: Float64Array.from(starts),
      durationNanos: Float64Array.from(rows, ({ nanos }) => nanos),
      parent: Int32Array.from(rows, ({ parent }) => (parent < 0 ? -1 : parent + before)),
      call: new Uint32Array(rows.length),
      name: Uint32Array.from(rows, (_, row) => row + 1),
      detail: new Uint32Array(rows.length),
      stage: Uint8Array.from(rows, ({ kind }) => (kind === 'kernel' ? 2 : 4)),
      kind: Uint8Array.from(rows, ({ kind }) => spanKindCode(kind)),
    },
    first: 0,
    end: rows.length,
    firstOfBatch: before,
  };
}

const LIMITS = { minimumKernelNanos: 0, budget: 1000 };
const EXAMPLE: readonly Row[] = [
  { parent: -1, kind: 'call', nanos: 1000 }, //     predict
  { parent: 0, kind: 'stage', nanos: 900 }, //        kernel-execution
  { parent: 1, kind: 'dispatch', nanos: 50 }, //        short, with
  { parent: 2, kind: 'kernel', nanos: 30 }, //            its kernel
  { parent: 1, kind: 'dispatch', nanos: 500 }, //       long, with
  { parent: 4, kind: 'kernel', nanos: 40 }, //            one short kernel alone
  { parent: 1, kind: 'dispatch', nanos: 60 }, //        short, with
  { parent: 6, kind: 'kernel', nanos: 20 }, //            its kernel
];

describe('which rows become spans', () => {
  it('are all of them when nothing is asked for', () => {
    expect(planEmission(call(EXAMPLE), LIMITS)).toMatchObject({ rows: [1, 2, 3, 4, 5, 6, 7], folded: [], leftOut: 0 });
  });

  it('are the long ones, the others folded by parent and stage; one alone stays', () => {
    const plan = planEmission(call(EXAMPLE, 70), { ...LIMITS, minimumKernelNanos: 100 });
    expect(plan.rows).toEqual([1, 4, 5]);
    expect(plan.folded.map(({ parent, stage, count, nanos }) => ({ parent, stage, count, nanos }))).toEqual([
      { parent: 1, stage: 4, count: 2, nanos: 20 + 40 },
      { parent: 1, stage: 2, count: 2, nanos: 30 + 20 },
    ]);
  });

  it('end with the budget, and what is left out is counted with its time', () => {
    const plan = planEmission(call(EXAMPLE), { ...LIMITS, budget: 3 });
    expect(plan).toMatchObject({ rows: [1, 2, 3], leftOut: 4, leftOutNanos: 460 + 40 + 40 + 20 });
    expect(planEmission(call(EXAMPLE), { ...LIMITS, budget: 0 })).toMatchObject({ rows: [], leftOut: 7 });
  });
});

describe('for any call', () => {
  const drawn = fc
    .array(
      fc.record({ up: fc.nat(), kind: fc.constantFrom<SpanKind>('stage', 'dispatch', 'kernel'), weight: fc.integer({ min: 1, max: 100 }) }),
      { maxLength: 40 },
    )
    .map((items): Row[] => {
      const rows: Row[] = [{ parent: -1, kind: 'call', nanos: 0 }];
      for (const { up, kind, weight } of items) rows.push({ parent: up % rows.length, kind, nanos: weight });
      // A parent lasts as long as its children and a little more.
      const nanos = rows.map((row) => row.nanos);
      for (let row = rows.length - 1; row > 0; row--) nanos[rows[row]!.parent]! += nanos[row]!;
      return rows.map((row, at) => ({ ...row, nanos: nanos[at]! }));
    });
  const limits = fc.record({ minimumKernelNanos: fc.nat(300), budget: fc.nat(50) });
  const standsFor = (plan: EmissionPlan) => 1 + plan.rows.length + plan.leftOut + plan.folded.reduce((sum, { count }) => sum + count, 0);

  it('every row is a span, stood for, or counted as left out, and no more spans than the budget', () => {
    fc.assert(
      fc.property(drawn, limits, (rows, some) => {
        const plan = planEmission(call(rows), some);
        expect(standsFor(plan)).toBe(rows.length);
        expect(plan.rows.length + plan.folded.length).toBeLessThanOrEqual(some.budget);
      }),
    );
  });

  it('each span of a row has a parent that is a span, and the stages add up to the call', () => {
    fc.assert(
      fc.property(drawn, limits, (rows, some) => {
        const plan = planEmission(call(rows), some);
        const emitted = new Set([0, ...plan.rows]);
        for (const row of plan.rows) expect(emitted.has(rows[row]!.parent)).toBe(true);
        for (const { parent } of plan.folded) expect(emitted.has(parent)).toBe(true);
        expect([...plan.stageNanos.values()].reduce((sum, nanos) => sum + nanos, 0)).toBe(rows[0]!.nanos);
      }),
    );
  });

  it('folding takes away no time: own time of the spans adds up to the call when nothing is left out', () => {
    fc.assert(
      fc.property(drawn, fc.nat(300), (rows, minimumKernelNanos) => {
        const plan = planEmission(call(rows), { minimumKernelNanos, budget: 1000 });
        const own = new Map([0, ...plan.rows].map((row) => [row, rows[row]!.nanos]));
        for (const row of plan.rows) own.set(rows[row]!.parent, own.get(rows[row]!.parent)! - rows[row]!.nanos);
        for (const { parent, nanos } of plan.folded) own.set(parent, own.get(parent)! - nanos);
        const sum = [...own.values()].reduce((all, nanos) => all + nanos, 0) + plan.folded.reduce((all, { nanos }) => all + nanos, 0);
        expect(sum).toBe(rows[0]!.nanos);
        for (const nanos of own.values()) expect(nanos).toBeGreaterThanOrEqual(0);
      }),
    );
  });
});
