/**
 * Whose processor time it is: `javascript` is the thread that makes the calls, with the native code that it runs itself; `native`
 * the engine's own threads; `other` the garbage collector, libuv, other threads of JavaScript.
 */
export const THREAD_GROUPS = ['javascript', 'native', 'other'] as const;
export type ThreadGroup = (typeof THREAD_GROUPS)[number];

/** What some threads took of the processors. `systemNanos` is a part of it, in steps of 10 ms where the system counts so. */
export interface CpuTimes {
  readonly nanos: number;
  readonly systemNanos: number;
}

/** What the threads of the process took during a stretch of calls, from before the first to after the last. */
export interface CpuUse {
  /** Calls of the stretch: the one that holds this, and those of the same variant before it. */
  readonly calls: number;
  /** Calls that ended meanwhile in other threads of JavaScript: the process and the engine worked for them, too. Absent without any. */
  readonly otherCalls?: number;
  readonly wallNanos: number;
  readonly process: CpuTimes;
  /** Absent where the system does not tell of single threads. */
  readonly threads?: ThreadUse;
  /** What a container's limit leaves of the processors; absent without one. */
  readonly limit?: CpuLimitUse;
}

export interface ThreadUse extends Readonly<Record<ThreadGroup, CpuTimes>> {
  /** Threads of the engine that ran at all. */
  readonly nativeThreads: number;
  /** Time in which the thread of JavaScript and those of the engine could have run and had no processor. */
  readonly waitNanos: number;
}

export interface CpuLimitUse {
  /** Processors' worth of time that it allows. */
  readonly cores: number;
  /** Time in which it held threads back. */
  readonly throttledNanos: number;
}

/** The processor time of a variant's warm calls. */
export interface CpuFigure {
  /** Calls that were looked at, in so many stretches. */
  readonly calls: number;
  readonly stretches: number;
  /** Calls of other threads of JavaScript meanwhile, which have their share of the process's and the engine's times; absent without any. */
  readonly otherCalls?: number;
  /** Wall time of these stretches per call. */
  readonly wallNanosPerCall: number;
  readonly perCall: CpuTimes;
  /** By thread group, per call; null where the system does not tell of single threads. */
  readonly groups: Readonly<Record<ThreadGroup, CpuTimes>> | null;
  /** Processors that its calls keep busy (CPU ÷ wall): without other threads where they are known. Null where others had the processors. */
  readonly busyCores: number | null;
  /**
   * Threads that it can use: those that were chosen, else those that ran, never more than there are processors. Null where
   * threads are not known.
   */
  readonly threads: number | null;
  /** CPU ÷ wall ÷ threads. */
  readonly efficiency: number | null;
  /** Of the time in which its threads ran or could have run, the share in which they had no processor; null where it is not known. */
  readonly waitShare: number | null;
  readonly limit: { readonly cores: number; readonly throttledShare: number } | null;
}
