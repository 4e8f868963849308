import fc from 'fast-check';
import { mean } from 'simple-statistics';
import { describe, expect, it } from 'vitest';
import { playWindow } from '../../src/analyse/batch-windows.js';
import { loadFigures } from '../../src/analyse/load.js';
import { dueMillis } from '../../src/measure/load/arrivals.js';
import type { LoadFigure, LoadRequest, LoadRun } from '../../src/model/load.js';

const MILLIS = 1e6;

/** Requests served one after the other, each call `callMillis`, as far as they begin within the time. */
function served(due: readonly number[], callMillis: number, lastsMillis: number, over: Partial<LoadRun> = {}): LoadFigure {
  const requests: LoadRequest[] = [];
  let free = 0;
  for (const at of due) {
    const began = Math.max(at, free);
    if (began > lastsMillis) break;
    requests.push([at * MILLIS, (began - at) * MILLIS, callMillis * MILLIS]);
    free = began + callMillis;
  }
  const run: LoadRun = {
    variant: 'graph/predict',
    arrivals: { kind: 'poisson', perSecond: 50 },
    lastedNanos: lastsMillis * MILLIS,
    requests,
    unserved: due.length - requests.length,
    ...over,
  };
  const [figure] = loadFigures([run]);
  return figure!;
}

describe('requests at a rate', () => {
  const due = dueMillis({ kind: 'poisson', perSecond: 50 }, 7);

  it('keep up, or not, by what their calls take', () => {
    const light = served(due, 8, 10_000);
    expect(light).toMatchObject({ keepsUp: true, unserved: 0, answered: due.length });
    expect(light.callNanos / MILLIS).toBeCloseTo(8, 6);
    expect(light.busyShare).toBeCloseTo((due.length * 8) / 10_000, 2);
    const heavy = served(due, 25, 10_000);
    expect(heavy.keepsUp).toBe(false);
    expect(heavy.answeredPerSecond).toBeCloseTo(40, 0);
    expect(heavy.offeredPerSecond).toBeCloseTo(due.length / 10, 5);
    expect(heavy.answered + heavy.unserved).toBe(due.length);
  });

  it('a call that began late counts from when it was due', () => {
    const [figure] = loadFigures([
      {
        variant: 'a/b',
        arrivals: { kind: 'constant', perSecond: 2 },
        lastedNanos: 1e9,
        requests: [
          [0, 0, 600 * MILLIS],
          [500 * MILLIS, 100 * MILLIS, 200 * MILLIS],
        ],
        unserved: 0,
      },
    ]);
    expect(figure).toMatchObject({
      busyShare: 0.8,
      latencyNanos: { min: 300 * MILLIS, max: 600 * MILLIS },
      waitNanos: { max: 100 * MILLIS },
    });
  });

  it('calls that overlap keep the thread busy once', () => {
    const requests: LoadRequest[] = [
      [0, 0, 500 * MILLIS],
      [100 * MILLIS, 0, 300 * MILLIS],
      [200 * MILLIS, 0, 400 * MILLIS],
    ];
    const [figure] = loadFigures([
      { variant: 'a/b', arrivals: { kind: 'constant', perSecond: 3 }, lastedNanos: 1e9, requests, unserved: 0 },
    ]);
    expect(figure!.busyShare).toBeCloseTo(0.6, 9);
  });

  it('several callers always keep up: they wait for their answers', () => {
    expect(served([0, 0, 0, 0], 400, 1600, { arrivals: { kind: 'closed', callers: 4 } })).toMatchObject({ keepsUp: true, windows: [] });
  });
});

describe('batch windows', () => {
  it('without batching, requests wait as long as queueing theory says (Pollaczek and Khinchine, M/D/1)', () => {
    const due: number[] = [];
    for (let seed = 1; due.length < 60_000; seed++) {
      const after = due.at(-1) ?? 0;
      due.push(...dueMillis({ kind: 'poisson', perSecond: 500 }, seed).map((at) => after + at * MILLIS));
    }
    for (const load of [0.3, 0.6, 0.8]) {
      const call = load * 2 * MILLIS;
      const { latencies } = playWindow(due, { windowNanos: 0, maxRequests: 1, callNanos: () => call });
      const waited = mean(latencies) - call;
      expect(waited / ((load * call) / (2 * (1 - load)))).toBeCloseTo(1, load < 0.7 ? 1 : 0);
    }
  });

  it('each request is answered once, by a call that begins within the window or when the one before is over', () => {
    fc.assert(
      fc.property(
        fc.array(fc.nat(1000), { minLength: 1, maxLength: 60 }),
        fc.nat(200),
        fc.integer({ min: 1, max: 8 }),
        fc.nat(50),
        fc.nat(20),
        (gaps, windowNanos, maxRequests, fixed, each) => {
          let at = 0;
          const due = gaps.map((gap) => (at += gap));
          const { latencies, calls } = playWindow(due, { windowNanos, maxRequests, callNanos: (n) => fixed + each * n });
          expect(latencies).toHaveLength(due.length);
          expect(calls).toBeGreaterThanOrEqual(Math.ceil(due.length / maxRequests));
          expect(Math.min(...latencies)).toBeGreaterThanOrEqual(fixed + each);
          const alone = playWindow(due, { windowNanos: 0, maxRequests: 1, callNanos: () => fixed + each * maxRequests });
          // No later than if each were a full call of its own, and had waited for its window besides.
          latencies.forEach((latency, request) => {
            expect(latency).toBeLessThanOrEqual(alone.latencies[request]! + windowNanos + fixed + each * maxRequests);
          });
        },
      ),
    );
  });

  it('a call that costs the same for one and for eight carries eight times as many requests', () => {
    const due = dueMillis({ kind: 'constant', perSecond: 200 }, 1);
    const together = [1, 2, 4, 8].map((requests) => ({ requests, nanos: 20 * MILLIS }));
    const { keepsUp, windows } = served(due, 20, 10_000, { together });
    expect(keepsUp).toBe(false);
    expect(windows[0]).toMatchObject({ maxRequests: 1, keepsUp: false });
    expect(windows[1]).toMatchObject({ windowNanos: 0, maxRequests: 8, keepsUp: true });
    expect(windows[1]!.meanRequests).toBeCloseTo(4, 0);
  });

  it('fuller calls that cost in proportion carry no more', () => {
    const due = dueMillis({ kind: 'constant', perSecond: 200 }, 1);
    const together = [1, 2, 4, 8].map((requests) => ({ requests, nanos: requests * 10 * MILLIS }));
    const { windows } = served(due, 10, 10_000, { together });
    expect(windows.map(({ keepsUp }) => keepsUp)).toEqual(windows.map(() => false));
  });
});
