import type { LoadFigure, LoadRun } from '../model/load.js';
import { batchWindows } from './batch-windows.js';
import { summarise } from './latency.js';

/** A call that runs this share of the second half leaves no room: requests come at least as fast as they are answered. */
const FULL_SHARE = 0.99;
/** Where it is nearly so, the queue tells: this share of all requests was still waiting at the end. */
const NEARLY_FULL_SHARE = 0.9;
const WAITING_SHARE = 0.05;

/** Figures of loads, in the order in which they ran. */
export const loadFigures = (runs: readonly LoadRun[]): LoadFigure[] => runs.map(loadFigure);

function loadFigure(run: LoadRun): LoadFigure {
  const { requests, lastedNanos, unserved, arrivals, variant } = run;
  const seconds = lastedNanos / 1e9;
  const answered = requests.length;
  const latencyNanos = summarise(requests.map(([, wait, call]) => wait + call));
  const perSecond = (count: number): number => (seconds > 0 ? count / seconds : 0);
  return {
    variant,
    arrivals,
    seconds,
    offeredPerSecond: perSecond(answered + unserved),
    answeredPerSecond: perSecond(requests.filter(([due, wait, call]) => due + wait + call <= lastedNanos).length),
    answered,
    unserved,
    latencyNanos,
    ...partsOf(run),
    busyShare: busyShare(run, 0, lastedNanos),
    keepsUp: keepsUp(run),
    ...(run.failure === undefined ? {} : { failure: run.failure }),
    windows: batchWindows(run),
  };
}

/**
 * What latencies are made of. Calls that give promises may overlap although one thread runs them: what a call takes is then the
 * time in which any ran, shared among the answers, and the rest of it is waiting for the others.
 */
function partsOf(run: LoadRun): Pick<LoadFigure, 'waitNanos' | 'lateNanos' | 'callNanos'> {
  const { requests } = run;
  const count = Math.max(1, requests.length);
  const callNanos = busyNanos(run, 0, Infinity) / count;
  let [late, waited, longest, free] = [0, 0, 0, 0];
  for (const [due, wait, call] of requests) {
    const queued = Math.min(wait, Math.max(0, free - due));
    late += wait - queued;
    waited += queued + call;
    longest = Math.max(longest, queued);
    free = Math.max(free, due + wait + call);
  }
  return { waitNanos: { mean: Math.max(0, waited / count - callNanos), max: longest }, lateNanos: late / count, callNanos };
}

/** Whether requests are answered as fast as they come; callers that wait for their answers never ask faster. */
export function keepsUp(run: LoadRun): boolean {
  const { requests, unserved, lastedNanos, arrivals, failure } = run;
  if (failure !== undefined) return false;
  if (arrivals.kind === 'closed') return true;
  const busy = busyShare(run, lastedNanos / 2, lastedNanos);
  const waiting = unserved + requests.filter(([due, wait]) => due + wait > lastedNanos).length;
  return !(busy >= FULL_SHARE || (busy >= NEARLY_FULL_SHARE && waiting > WAITING_SHARE * (requests.length + unserved)));
}

/** Share of the time between two moments in which at least one call ran. */
const busyShare = (run: LoadRun, from: number, to: number): number => (to > from ? busyNanos(run, from, to) / (to - from) : 0);

function busyNanos({ requests }: LoadRun, from: number, to: number): number {
  let busy = 0;
  let until = from;
  for (const [due, wait, call] of requests) {
    const ended = Math.min(to, due + wait + call);
    busy += Math.max(0, ended - Math.max(due + wait, until));
    until = Math.max(until, ended);
  }
  return busy;
}
