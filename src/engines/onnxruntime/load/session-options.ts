/** How sessions are made: all variants of a run alike but for their level, so that only the level can differ. */
export interface SessionSettings {
  /** Threads inside an operation; undefined: ONNX Runtime chooses. */
  readonly threads?: number;
  /** Whether waiting threads spin. Off by default: threads of one session that spin take the processors from another's. */
  readonly spinning: 'on' | 'off';
}

export const LEVELS = ['disabled', 'basic', 'extended', 'all'] as const;
export type Level = (typeof LEVELS)[number];

export const sessionOptions = (level: Level, { threads, spinning }: SessionSettings, more: object = {}, session: object = {}): object => ({
  graphOptimizationLevel: level,
  ...(threads === undefined ? {} : { intraOpNumThreads: threads }),
  // What fails is thrown, too; warnings of every variant's creation would say the same five times.
  logSeverityLevel: 4,
  extra: { session: { ...session, intra_op: { allow_spinning: spinning === 'on' ? '1' : '0' } } },
  ...more,
});
