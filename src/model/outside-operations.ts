/** Operations of one kind that a program ran outside of any call of a model: in training, or called by itself. */
export interface OutsideKernel {
  /** Kernel's name: `FusedConv2D`. */
  readonly name: string;
  readonly count: number;
  readonly nanos: number;
  /** Process and thread that ran them, `4711-0`; absent in recordings of 2026-11, which added them up. */
  readonly from?: string;
}

/** What a process ran outside of any call of a model. */
export interface OutsideProcess {
  /** Its id; null where a recording does not tell. */
  readonly process: string | null;
  /** Threads that ran something; their times are added up, and overlap. */
  readonly threads: number;
  readonly operations: number;
  readonly nanos: number;
  /** Kinds of operation, those that took most first. */
  readonly kinds: readonly string[];
}
