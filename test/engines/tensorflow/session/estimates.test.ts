import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { SessionKernel } from '../../../../src/model/session.js';
import { encodeSessionConfig } from '../../../../src/engines/tensorflow/session/config-proto.js';
import { estimateBytes, estimateFlops } from '../../../../src/model/work.js';
import { foldLoops } from '../../../../src/engines/session/fold.js';
import { createSampler } from '../../../../src/engines/session/sampling.js';

describe('estimateFlops', () => {
  it.each([
    [
      'MatMul',
      [
        [32, 4],
        [4, 2],
      ],
      [32, 2],
      2 * 32 * 4 * 2,
    ],
    ['_MklNativeFusedMatMul', [[32, 4], [4, 2], [2]], [32, 2], 2 * 32 * 4 * 2],
    [
      'BatchMatMulV2',
      [
        [8, 16, 4],
        [8, 4, 16],
      ],
      [8, 16, 16],
      2 * 8 * 16 * 4 * 16,
    ],
    ['MatMul', [null, [4, 2]], [32, 2], 2 * 32 * 4 * 2],
    [
      '_FusedConv2D',
      [
        [1, 8, 8, 3],
        [3, 3, 3, 16],
      ],
      [1, 6, 6, 16],
      2 * 6 * 6 * 16 * 27,
    ],
    [
      'DepthwiseConv2dNative',
      [
        [1, 8, 8, 4],
        [3, 3, 4, 1],
      ],
      [1, 6, 6, 4],
      2 * 6 * 6 * 4 * 9,
    ],
    ['Mean', [[2, 10, 10, 4], [2]], [2, 4], 800],
    ['Relu', [[2, 3]], [2, 3], 6],
    ['Reshape', [[2, 3], [1]], [6], 0],
    ['SomethingElse', [[2, 3]], [6], null],
    ['Conv2D', [[1, 8, 8, 3], null], [1, 6, 6, 16], null],
  ] as const)('%s %j', (op, inputs, output, flops) => {
    expect(estimateFlops({ op, inputs, outputs: [output] })).toBe(flops);
  });

  it('of a product does not depend on which side is transposed', () => {
    const size = fc.integer({ min: 1, max: 64 });
    fc.assert(
      fc.property(size, size, size, fc.boolean(), fc.boolean(), (m, k, n, a, b) => {
        const inputs = [a ? [k, m] : [m, k], b ? [n, k] : [k, n]];
        expect(estimateFlops({ op: 'MatMul', inputs, outputs: [[m, n]] })).toBe(2 * m * k * n);
      }),
    );
  });

  it('knows that traffic is at least inputs and outputs, and what it does not know', () => {
    expect(estimateBytes('MatMul', [512, 32], 256)).toBe(800);
    expect(estimateBytes('MatMul', [512, null], 256)).toBeNull();
    expect(estimateBytes('Identity', [512], 512)).toBe(0);
  });
});

describe('encodeSessionConfig', () => {
  it.each([
    // Written by tensorflow.core.protobuf.config_pb2, its fields in order of their numbers.
    [{ intraOpThreads: 1, interOpThreads: 'caller', xla: true }, '100128ffffffffffffffffff0152061a0428023801'],
    [{ interOpThreads: 1 }, '28014801'],
    [{ intraOpThreads: 300 }, '10ac024801'],
    [{}, ''],
  ] as const)('%j', (config, hex) => {
    expect(Buffer.from(encodeSessionConfig(config)).toString('hex')).toBe(hex);
  });

  it('refuses a fraction', () => {
    expect(() => encodeSessionConfig({ intraOpThreads: 1.5 })).toThrow(RangeError);
  });
});

describe('createSampler', () => {
  it('keeps what tracing costs below its share, whatever a call and a trace cost', () => {
    const inputs = fc.record({
      plain: fc.integer({ min: 1000, max: 1e7 }),
      extra: fc.integer({ min: 0, max: 1e7 }),
      share: fc.constantFrom(0.01, 0.05, 0.2),
      noise: fc.double({ min: 0, max: 0.3, noNaN: true }),
    });
    fc.assert(
      fc.property(inputs, fc.infiniteStream(fc.double({ min: 0, max: 1, noNaN: true })), ({ plain, extra, share, noise }, dice) => {
        const sampler = createSampler({ share });
        let cost = 0;
        let total = 0;
        let tracedCalls = 0;
        const calls = 2000;
        for (let call = 0; call < calls; call++) {
          const traced = sampler.decide();
          const base = plain * (1 + noise * (dice.next().value ?? 0));
          const nanos = base + (traced ? extra : 0);
          sampler.record({ traced, nanos });
          total += nanos;
          if (traced) {
            tracedCalls++;
            cost += extra;
          }
        }
        // The calibration calls come whatever they cost.
        expect(cost).toBeLessThanOrEqual(share * total * (1 + noise) + 2 * extra + noise * plain * tracedCalls);
        if (extra === 0 && noise === 0) expect(tracedCalls).toBe(1 + Math.floor((calls - 4) / 8) + 1);
      }),
      { numRuns: 30 },
    );
  });

  it('traces again and again when it can be afforded, and tells the period', () => {
    const sampler = createSampler({ share: 0.05 });
    let traced = 0;
    for (let call = 0; call < 1000; call++) {
      const trace = sampler.decide();
      if (trace) traced++;
      sampler.record({ traced: trace, nanos: trace ? 2000 : 1000 });
    }
    // One call of extra cost 1000 needs 20 calls of 1000 to pay 5 %.
    expect(sampler.period).toBe(21);
    expect(traced).toBeGreaterThan(40);
    expect(traced).toBeLessThan(52);
  });

  it('holds a program of few calls up by one: never by a cold call, and not before an untouched warm one', () => {
    const sampler = createSampler({ calibration: 1 });
    const traced = Array.from({ length: 12 }, () => {
      const trace = sampler.decide();
      sampler.record({ traced: trace, nanos: trace ? 1e8 : 1e5 });
      return trace;
    });
    expect(traced.flatMap((trace, call) => (trace ? [call] : []))).toEqual([2]);
  });
});

describe('foldLoops', () => {
  const row = (node: string, parent: number, durationNanos: number, flops: number | null = 1): SessionKernel => ({
    op: 'Op',
    node,
    layer: null,
    parent,
    startNanos: 0,
    durationNanos,
    wallNanos: durationNanos,
    inputShapes: [],
    outputShapes: [],
    outputDtypes: [],
    outputBytes: 4,
    allocatedBytes: 8,
    fused: [],
    repeat: 1,
    flops,
    bytesMoved: 2,
  });

  it('folds a node that ran again, but not one of that name in another call', () => {
    const folded = foldLoops([row('call', -1, 9), row('a', 0, 2), row('a', 0, 3), row('call2', -1, 9), row('a', 3, 5, null)]);
    expect(folded.map(({ iterationNanos }) => iterationNanos)).toEqual([undefined, [2, 3], undefined, undefined]);
    expect(folded.map(({ node, parent, durationNanos, repeat, flops }) => [node, parent, durationNanos, repeat, flops].join(' '))).toEqual([
      'call -1 9 1 1',
      'a 0 5 2 2',
      'call2 -1 9 1 1',
      'a 2 5 1 ',
    ]);
  });
});
