import { expect, it } from 'vitest';
import { loadFigures } from '../../src/analyse/load.js';
import { risingRates } from '../../src/measure/load/arrivals.js';
import type { Arrivals, LoadRun } from '../../src/model/load.js';
import { loadHeadline } from '../../src/report/topics/load.js';

const MILLIS = 1e6;

/** Even gaps at a rate, each call of `callMillis`, one after the other, for ten seconds. */
function runOf(perSecond: number, callMillis: number, over: Partial<LoadRun> = {}): LoadRun {
  const requests: [number, number, number][] = [];
  let free = 0;
  const due = Array.from({ length: perSecond * 10 }, (_, at) => (at * 1000) / perSecond);
  for (const at of due) {
    const began = Math.max(at, free);
    if (began > 10_000) break;
    requests.push([at * MILLIS, (began - at) * MILLIS, callMillis * MILLIS]);
    free = began + callMillis;
  }
  const arrivals: Arrivals = { kind: 'constant', perSecond };
  return { variant: 'graph/predict', arrivals, lastedNanos: 1e10, requests, unserved: due.length - requests.length, ...over };
}
const told = (...runs: readonly LoadRun[]): string | undefined => loadHeadline(loadFigures(runs));

it('says of a rate that is carried how long a request takes and what of it is waiting', () => {
  expect(told(runOf(10, 50))).toBe(
    'graph/predict keeps up with 10 requests/s in even gaps, and runs 50 % of the time: a request takes 50.0 ms (median). On average 50.0 ms of it is the call and 0 ns waiting for other calls.',
  );
});

it('says of one that is not carried how fast answers come, and gives no percentile of a queue that grows', () => {
  const sentence = told(runOf(40, 50));
  expect(sentence).toMatch(
    /^graph\/predict does not keep up with 40 requests\/s in even gaps: it answers 20\/s; a call takes 50\.0 ms \(mean\)/,
  );
  expect(sentence).toMatch(/199 requests were waiting at its end, and the longest wait was 5\.0\d s\.$/);
  expect(sentence).not.toContain('median');
});

it('names the variant that carries a load before one that does not', () => {
  expect(told(runOf(40, 50, { variant: 'uncompiled/predict' }), runOf(40, 20))).toMatch(/^graph\/predict keeps up/);
});

it('says of rising rates between which the queue begins to grow', () => {
  expect(risingRates(20 * MILLIS)).toEqual([13, 25, 35, 40, 45, 50, 60]);
  expect(told(runOf(25, 20), runOf(40, 20), runOf(60, 20))).toMatch(
    /^graph\/predict keeps up with 40 requests\/s in even gaps, where a request takes 20\.0 ms \(median\) and a call 20\.0 ms \(mean\); with 60 requests\/s in even gaps the queue grows\./,
  );
  expect(told(runOf(60, 20), runOf(80, 20))).toBe('graph/predict does not even keep up with 60 requests/s in even gaps.');
});

it('says what batches would do, and that they would do nothing where a fuller call costs as much more', () => {
  const flat = [1, 2, 4].map((requests) => ({ requests, nanos: 50 * MILLIS }));
  expect(told(runOf(40, 50, { together: flat }))).toMatch(
    /Batches of what waits already \(4 at most\) would answer 90 % of the requests within \d+\.?\d* ms \(worked out from measured calls\), with 2/,
  );
  const straight = [1, 2, 4].map((requests) => ({ requests, nanos: requests * 50 * MILLIS }));
  expect(told(runOf(40, 50, { together: straight }))).toMatch(/Collecting requests into batches would not keep up either\.$/);
  expect(told(runOf(10, 50, { together: straight }))).toMatch(/would not shorten them\.$/);
});

it('a load that a failing call ended is told with the reason, and is none that is kept up with', () => {
  const failed = runOf(10, 50, { failure: 'no more memory.', unserved: 3 });
  expect(loadFigures([failed])[0]!.keepsUp).toBe(false);
  expect(told(failed)).toBe('graph/predict stopped after 100 answers: no more memory.');
  expect(told({ ...failed, requests: [], failure: undefined as never })).toBe('graph/predict answered none of 3 requests.');
});

it('says that requests began late where no call ran: that is no waiting', () => {
  const late = runOf(10, 5);
  const requests = late.requests.map(([due, , call]) => [due, 20 * MILLIS, call] as const);
  expect(told({ ...late, requests })).toMatch(
    /a request takes 25\.0 ms \(median\)\. On average 5\.00 ms of it is the call and 0 ns waiting for other calls; 20\.0 ms it began late although no call ran/,
  );
});

it('of callers whose calls overlap on one thread gives the call its own time, and the others the rest', () => {
  // Four callers, each of whose calls takes 10 ms and lasts until the three others are through.
  const requests = Array.from(
    { length: 400 },
    (_, at) => [Math.max(0, at - 3) * 10 * MILLIS, 0, Math.min(at + 1, 4) * 10 * MILLIS] as const,
  );
  const run: LoadRun = { variant: 'all/run', arrivals: { kind: 'closed', callers: 4 }, lastedNanos: 4e9, requests, unserved: 0 };
  expect(told(run)).toBe(
    'all/run gives 4 callers 100 answers/s: a request takes 40.0 ms (median). On average 10.0 ms of it is the call and 29.9 ms waiting for other calls.',
  );
  const alone = {
    ...run,
    arrivals: { kind: 'closed', callers: 1 } as const,
    requests: requests.map((_, at) => [at * 10 * MILLIS, 0, 10 * MILLIS] as const),
  };
  expect(told(alone)).toMatch(/^all\/run gives one caller 100 answers\/s: .* 0 ns waiting for other calls\.$/);
});
