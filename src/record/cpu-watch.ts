import type { CpuTimes, CpuUse, ThreadGroup, ThreadUse } from '../model/cpu.js';
import { cpuLimit } from './cgroup.js';
import { once } from '../model/once.js';
import { nowMillis } from './clock.js';
import { sharedNumbers } from './shared-numbers.js';
import { threadNumbers, ThreadTimes, type ThreadTime } from './thread-times.js';

/**
 * Stretches of each kind of call that are looked at in any case: what one takes is below a millisecond. More than are needed:
 * the first calls of a program are cold or traced. They are further and further apart, because V8 still compiles in the first ones.
 */
const FREE_STRETCHES = 10;
const APART = 1.5;

/** How often stretches of one kind began, how many of them were looked at, and which is the next to be looked at in any case. */
interface Kind {
  begun: number;
  seen: number;
  next: number;
}

/** Calls that have ended in all threads of JavaScript. */
const allEnded = once(() => sharedNumbers('inferscope.calls', 1));

/** Before a program starts workers: they are handed what is shared as they begin, whether or not this thread makes calls itself. */
export function shareWithWorkers(): void {
  threadNumbers();
  allEnded();
}

/** A call of a program has ended in this thread: others that look at the process have it in what they see. */
export const countCall = (): void => void Atomics.add(allEnded(), 0, 1);

/** What everything of the process had taken at one moment. */
interface Look {
  readonly atMillis: number;
  readonly process: CpuTimes;
  readonly threads: ReadonlyMap<string, ThreadTime> | null;
  readonly throttledNanos: number;
  /** Calls that had ended in all threads. */
  readonly ended: number;
}

/**
 * Tells what stretches of calls take of the processors. Looks are taken at the borders of a stretch, never in a call, and
 * only as often as they stay below a share of the time.
 */
export class CpuWatch {
  readonly #threads: ThreadTimes | null;
  readonly #limit = cpuLimit();
  readonly #startMillis = nowMillis();
  readonly #kinds = new Map<number, Kind>();
  #spentMillis = 0;
  #before: Look | undefined;

  /**
   * @param share of the time since now that looks may take
   * @param engine `loaded` already: its threads cannot be told from others then
   */
  constructor(
    private readonly share: number,
    engine: 'loaded' | 'not loaded',
  ) {
    if (engine === 'loaded') ThreadTimes.tooLate();
    this.#threads = ThreadTimes.open();
  }

  /** A stretch of calls of a kind begins here, unless it is too soon to look again. */
  begin(kind = 0): void {
    this.#before = undefined;
    const all = this.#kinds.get(kind) ?? { begun: 0, seen: 0, next: 0 };
    this.#kinds.set(kind, all);
    const isFree = all.begun >= all.next && all.seen < FREE_STRETCHES;
    all.begun += 1;
    if (!isFree && this.#spentMillis > this.share * (nowMillis() - this.#startMillis)) return;
    all.seen += 1;
    all.next = Math.max(all.begun, Math.floor((all.begun - 1) * APART));
    this.#before = this.#look('first');
  }

  /** The stretch that began is none: something else ran in it. */
  cancel(): void {
    this.#before = undefined;
  }

  /** What the stretch took; undefined where none had begun. */
  end(calls: number): CpuUse | undefined {
    const before = this.#before;
    if (before === undefined || calls === 0) return undefined;
    this.#before = undefined;
    const after = this.#look('last');
    const wallNanos = Math.round((after.atMillis - before.atMillis) * 1e6);
    const whole = less(after.process, before.process);
    const otherCalls = after.ended - before.ended - calls;
    return {
      calls,
      ...(otherCalls > 0 ? { otherCalls } : {}),
      wallNanos,
      process: whole,
      ...(before.threads === null || after.threads === null ? {} : { threads: threadUse(before.threads, after.threads, whole, wallNanos) }),
      ...(this.#limit === null
        ? {}
        : { limit: { cores: this.#limit.cores, throttledNanos: Math.max(0, after.throttledNanos - before.throttledNanos) } }),
    };
  }

  /** What looking itself takes is outside of the stretch. */
  #look(border: 'first' | 'last'): Look {
    const startMillis = nowMillis();
    const start = processTimes();
    const threads = this.#threads?.look() ?? null;
    const throttledNanos = this.#limit?.throttledNanos() ?? 0;
    const ended = Atomics.load(allEnded(), 0);
    const endMillis = nowMillis();
    const end = processTimes();
    // Not the time in which other programs had the processor.
    this.#spentMillis += Math.min(endMillis - startMillis, less(end, start).nanos / 1e6);
    return {
      ...(border === 'last' ? { atMillis: startMillis, process: start } : { atMillis: endMillis, process: end }),
      threads,
      throttledNanos,
      ended,
    };
  }
}

function processTimes(): CpuTimes {
  const { user, system } = process.cpuUsage();
  return { nanos: (user + system) * 1000, systemNanos: system * 1000 };
}

const less = (after: CpuTimes, before: CpuTimes): CpuTimes => ({
  nanos: Math.max(0, after.nanos - before.nanos),
  systemNanos: Math.max(0, after.systemNanos - before.systemNanos),
});

type Threads = ReadonlyMap<string, ThreadTime>;

/**
 * By group. The system brings the times of other threads up to date when they stop running, and of the one that asks for the
 * process as a whole: so the thread of JavaScript took what the others leave, as far as one thread can.
 */
function threadUse(before: Threads, after: Threads, whole: CpuTimes, wallNanos: number): ThreadUse {
  const sums: Record<ThreadGroup, { nanos: number; systemNanos: number }> = {
    javascript: { nanos: 0, systemNanos: 0 },
    native: { nanos: 0, systemNanos: 0 },
    other: { nanos: 0, systemNanos: 0 },
  };
  let [nativeThreads, waitNanos] = [0, 0];
  for (const [number, thread] of after) {
    const from = before.get(number);
    const nanos = Math.max(0, thread.nanos - (from?.nanos ?? 0));
    const sum = sums[thread.group];
    sum.nanos += nanos;
    sum.systemNanos += Math.max(0, thread.systemNanos - (from?.systemNanos ?? 0));
    if (thread.group === 'native' && nanos > 0) nativeThreads += 1;
    if (thread.group !== 'other') waitNanos += Math.max(0, thread.waitNanos - (from?.waitNanos ?? 0));
  }
  const left = Math.max(0, whole.nanos - sums.native.nanos - sums.other.nanos);
  const javascript = Math.min(left, wallNanos);
  return {
    ...sums,
    javascript: { ...sums.javascript, nanos: javascript },
    // Of threads that ended meanwhile.
    other: { ...sums.other, nanos: sums.other.nanos + left - javascript },
    nativeThreads,
    waitNanos,
  };
}
