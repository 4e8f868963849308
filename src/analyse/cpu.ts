import { THREAD_GROUPS, type CpuFigure, type CpuTimes, type CpuUse, type ThreadUse } from '../model/cpu.js';
import { median } from '../model/median.js';
import type { CallRecord, Environment } from '../model/recording.js';

/** The stretch that a call ends, null where it holds other calls than warm, untraced ones: tracing takes time of its own. */
export function stretchEndedBy(calls: readonly CallRecord[], number: number): CpuUse | null {
  const { cpu, variant, round } = calls[number] ?? {};
  if (cpu === undefined || cpu.wallNanos <= 0) return null;
  let left = cpu.calls;
  for (let at = number; at >= 0 && left > 0; at -= 1) {
    const call = calls[at];
    if (call?.variant !== variant || call?.round !== round) return null;
    if (call?.traced === true || call?.error !== undefined || call?.temperature !== 'warm') return null;
    left -= 1;
  }
  return left === 0 ? cpu : null;
}

/** The processor time of one variant's calls; null where too few were looked at. */
export function cpuFigure(all: readonly CpuUse[], environment: Environment): CpuFigure | null {
  const whole = undisturbed(all.filter(isConsistent));
  const uses = sharedOut(whole);
  const calls = sum(uses, (use) => use.calls);
  if (calls < ENOUGH_CALLS && uses.length < ENOUGH_STRETCHES) return null;
  const wallNanos = sum(uses, (use) => use.wallNanos);
  const otherCalls = sum(uses, (use) => use.otherCalls ?? 0);
  const known = uses.flatMap(({ threads }) => threads ?? []);
  const threads = known.length === uses.length ? known : null;
  const busyNanos = busyIn(uses);
  const waitNanos = threads === null ? null : sum(threads, (use) => use.waitNanos);
  const waitShare = waitNanos === null ? null : waitNanos / Math.max(1, waitNanos + busyIn(whole));
  // How many processors a call keeps busy cannot be told where others have them.
  const busyCores = (waitShare ?? 0) > MAX_WAIT ? null : busyNanos / wallNanos;
  const usable = threads === null ? null : usableThreads(threads, environment);
  const limits = uses.flatMap(({ limit }) => limit ?? []);
  return {
    calls,
    stretches: uses.length,
    ...(otherCalls > 0 ? { otherCalls } : {}),
    wallNanosPerCall: wallNanos / calls,
    perCall: perCall(
      uses.map(({ process }) => process),
      calls,
    ),
    groups: threads === null ? null : groupsOf(threads, calls),
    busyCores,
    threads: usable,
    efficiency: usable === null || busyCores === null ? null : Math.min(1, busyCores / usable),
    waitShare,
    limit:
      limits.length === 0
        ? null
        : {
            cores: Math.min(...limits.map(({ cores }) => cores)),
            throttledShare: Math.min(1, sum(limits, (use) => use.throttledNanos) / wallNanos),
          },
  };
}

/** Of the threads that make the calls, where they are known; else of the process. */
const busyIn = (uses: readonly CpuUse[]): number =>
  sum(uses, ({ process, threads }) => (threads === undefined ? process.nanos : threads.javascript.nanos + threads.native.nanos));

/**
 * Where other threads of JavaScript make calls meanwhile, as in a pool of workers, the process and the engine worked for all of them:
 * each call has an equal part of that. What a stretch has of calls that it cuts in two evens out over the stretches, so all have one share.
 */
function sharedOut(uses: readonly CpuUse[]): readonly CpuUse[] {
  const calls = sum(uses, (use) => use.calls);
  const share = calls / Math.max(1, calls + sum(uses, (use) => use.otherCalls ?? 0));
  if (share === 1) return uses;
  const scaled = ({ nanos, systemNanos }: CpuTimes): CpuTimes => ({ nanos: share * nanos, systemNanos: share * systemNanos });
  return uses.map(({ threads, ...use }) => ({
    ...use,
    process: scaled(use.process),
    ...(threads === undefined
      ? {}
      : { threads: { ...threads, native: scaled(threads.native), other: ofOwn(threads.other, threads.javascript, share) } }),
  }));
}

/** What the other threads took, without the other calls' share of the whole; may be negative in a single stretch. */
const ofOwn = (other: CpuTimes, javascript: CpuTimes, share: number): CpuTimes => ({
  nanos: share * other.nanos - (1 - share) * javascript.nanos,
  systemNanos: share * other.systemNanos - (1 - share) * javascript.systemNanos,
});

/**
 * Threads are looked at one after another, and spin meanwhile. Where they took more in that time than the whole process in the
 * stretch, by this ratio, the looks tell of themselves.
 */
const LOOKED_AT_TOGETHER = 1.05;

const isConsistent = ({ process, threads }: CpuUse): boolean =>
  threads === undefined || threads.native.nanos + threads.other.nanos <= LOOKED_AT_TOGETHER * process.nanos;

/** A stretch in which threads had no processor for more than this share of the time tells of the machine. */
const MAX_WAIT = 0.2;
const ENOUGH_STRETCHES = 3;
const ENOUGH_CALLS = 10;

/** Those of the stretches in which nothing took the processors away, where there are enough. */
function undisturbed(uses: readonly CpuUse[]): readonly CpuUse[] {
  const quiet = uses.filter(({ threads }) => {
    if (threads === undefined) return true;
    const ran = threads.javascript.nanos + threads.native.nanos;
    return threads.waitNanos <= MAX_WAIT * (ran + threads.waitNanos);
  });
  return quiet.length >= ENOUGH_STRETCHES ? quiet : uses;
}

function groupsOf(threads: readonly ThreadUse[], calls: number): NonNullable<CpuFigure['groups']> {
  const of = (group: (typeof THREAD_GROUPS)[number]): CpuTimes =>
    perCall(
      threads.map((use) => use[group]),
      calls,
    );
  return { javascript: of('javascript'), native: of('native'), other: of('other') };
}

function perCall(times: readonly CpuTimes[], calls: number): CpuTimes {
  const nanos = Math.max(
    0,
    sum(times, (time) => time.nanos),
  );
  // Counted in coarse steps, so a short sum may come out above the whole.
  return {
    nanos: nanos / calls,
    systemNanos:
      Math.max(
        0,
        Math.min(
          nanos,
          sum(times, (time) => time.systemNanos),
        ),
      ) / calls,
  };
}

/** An engine's number includes the thread that calls it. */
function usableThreads(threads: readonly ThreadUse[], { threads: { intraOp }, cpuCount }: Environment): number {
  const ran = 1 + (median(threads.map(({ nativeThreads }) => nativeThreads)) ?? 0);
  return Math.max(1, Math.min(cpuCount, intraOp ?? Math.ceil(ran)));
}

const sum = <Item>(items: readonly Item[], of: (item: Item) => number): number => items.reduce((total, item) => total + of(item), 0);
