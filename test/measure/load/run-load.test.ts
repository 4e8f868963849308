import { setImmediate as turn } from 'node:timers/promises';
import { describe, expect, it } from 'vitest';
import { dueMillis, secondsAt, type AskedLoad } from '../../../src/measure/load/arrivals.js';
import { runLoad } from '../../../src/measure/load/run-load.js';
import type { LoadRun } from '../../../src/model/load.js';
import type { RunnableVariant } from '../../../src/model/runnable.js';

const NOTHING = (): void => undefined;
const variantOf = (call: () => unknown, async = false): RunnableVariant => ({
  variant: { name: 'graph', call: 'predict' },
  async,
  prepare: () => Promise.resolve(),
  call,
  fetch: NOTHING,
  release: NOTHING,
  dispose: NOTHING,
});
const trace = (moments: readonly number[]): AskedLoad => ({ kind: 'trace', name: 'moments.txt', perSecond: 1, moments });
const load = (variant: RunnableVariant, asked: AskedLoad, signal = new AbortController().signal): Promise<LoadRun> =>
  runLoad(variant, { load: asked, seed: 1, signal });

describe('when requests are due', () => {
  it('at random moments of the rate, the same for a seed', () => {
    const due = dueMillis({ kind: 'poisson', perSecond: 2000 }, 5);
    expect(due).toEqual(dueMillis({ kind: 'poisson', perSecond: 2000 }, 5));
    expect(due).not.toEqual(dueMillis({ kind: 'poisson', perSecond: 2000 }, 6));
    expect(due.length / 10).toBeCloseTo(2000, -2);
    const gaps = due.map((at, index) => at - (due[index - 1] ?? 0));
    const mean = gaps.reduce((a, b) => a + b, 0) / gaps.length;
    // Gaps of a Poisson process are spread as much as they are long.
    expect(Math.sqrt(gaps.reduce((sum, gap) => sum + (gap - mean) ** 2, 0) / gaps.length) / mean).toBeCloseTo(1, 1);
  });

  it('in even gaps, and at a low rate for longer', () => {
    expect(dueMillis({ kind: 'constant', perSecond: 4 }, 1).slice(0, 3)).toEqual([250, 500, 750]);
    expect([secondsAt(4), secondsAt(1000), secondsAt(0.1)]).toEqual([25, 10, 30]);
  });
});

describe('a load', () => {
  it('is answered one request after the other, none before it is due, in their order', async () => {
    const moments = Array.from({ length: 40 }, (_, at) => at * 0.7);
    const { requests, unserved, arrivals } = await load(variantOf(NOTHING), trace(moments));
    expect(unserved).toBe(0);
    expect(arrivals).toEqual({ kind: 'trace', name: 'moments.txt', perSecond: 1 });
    expect(requests.map(([due]) => due)).toEqual(moments.map((at) => Math.round(at * 1e6)));
    requests.slice(1).forEach(([due, wait], at) => {
      const [before, waited, call] = requests[at]!;
      expect(due + wait).toBeGreaterThanOrEqual(before + waited + call - 2);
    });
  });

  it('counts a request that waits behind a slow call from the moment at which it was due', async () => {
    let calls = 0;
    const slowFirst = variantOf(() => {
      const until = performance.now() + (calls++ === 0 ? 60 : 0);
      while (performance.now() < until);
    });
    const { requests } = await load(slowFirst, trace([0, 10, 20]));
    const [first, second, third] = requests;
    expect(second![1] + 1e6).toBeGreaterThanOrEqual(50e6);
    expect(second![1] - third![1]).toBeLessThanOrEqual(10e6);
    expect(first![2]).toBeGreaterThanOrEqual(60e6);
  });

  it('of promises is not held back by an answer that is not there', async () => {
    let release = NOTHING;
    const held = new Promise<void>((resolve) => (release = resolve));
    let calls = 0;
    const variant = variantOf(async () => {
      calls += 1;
      if (calls === 1) return await held;
      if (calls === 3) release();
    }, true);
    const { requests } = await load(variant, trace([0, 1, 2]));
    expect(requests).toHaveLength(3);
  });

  it('ends with the reason when a call fails, keeps what was answered and counts what was not', async () => {
    let calls = 0;
    const { requests, failure, unserved } = await load(
      variantOf(() => {
        if (++calls === 3) throw new Error('no more memory');
      }),
      trace([0, 1, 2, 3, 4]),
    );
    expect(failure).toMatch(/no more memory/);
    expect(requests).toHaveLength(2);
    expect(unserved).toBeLessThanOrEqual(2);
  });

  it('of callers has one request of each at a time, and ends when it is stopped', async () => {
    const stop = new AbortController();
    let [inFlight, most, calls] = [0, 0, 0];
    const variant = variantOf(async () => {
      most = Math.max(most, ++inFlight);
      await turn();
      inFlight -= 1;
      if (++calls === 60) stop.abort();
    }, true);
    const { requests, arrivals } = await load(variant, { kind: 'closed', callers: 6 }, stop.signal);
    expect(arrivals).toEqual({ kind: 'closed', callers: 6 });
    expect(most).toBe(6);
    expect(requests.length).toBeGreaterThanOrEqual(60);
  });
});
