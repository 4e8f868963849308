/** How long variants are run. */
export interface RunPlan {
  /** Measured calls per variant; undefined: until time is up or the figures have settled. */
  readonly calls: number | undefined;
  /** Ceiling of the time spent in measured calls of one variant. */
  readonly maxSecondsPerVariant: number;
  /** `settled`: stop early when every variant's median is known to 1 %. `time`: use the time. */
  readonly until: 'settled' | 'time';
  /** Calls after the cold one that are not measured. */
  readonly warmup: number;
  /** Whether all of them are made, however long they take. */
  readonly wholeWarmup: boolean;
  /** Seed of the order within rounds. */
  readonly seed: number;
}

export const DEFAULT_SECONDS_PER_VARIANT = 4;
export const DEFAULT_WARMUP = 10;
/** With `quick`: enough to see where the time goes, too little to be sure of small differences. */
const QUICK_SECONDS_PER_VARIANT = 0.5;
const QUICK_WARMUP = 3;

/** A plan from what the user gave. */
export function runPlan(given: {
  readonly calls?: number;
  readonly duration?: number;
  readonly warmup?: number;
  readonly seed?: number;
  readonly quick?: boolean;
}): RunPlan {
  return {
    calls: given.calls,
    maxSecondsPerVariant: given.duration ?? (given.quick === true ? QUICK_SECONDS_PER_VARIANT : DEFAULT_SECONDS_PER_VARIANT),
    until: given.duration === undefined ? 'settled' : 'time',
    warmup: given.warmup ?? (given.quick === true ? QUICK_WARMUP : DEFAULT_WARMUP),
    wholeWarmup: given.warmup !== undefined,
    seed: given.seed ?? 1,
  };
}
