/** Version of the lines that inferscope_agent/ sends; both sides are shipped together, so a mismatch is a broken installation. */
export const PROTOCOL = 1;

/** Columns of one call's spans; times count from the agent's own origin, rows from the call's root. */
export interface AgentSpans {
  readonly start: readonly number[];
  readonly duration: readonly number[];
  readonly parent: readonly number[];
  readonly name: readonly number[];
  readonly stage: readonly number[];
  readonly kind: readonly number[];
  readonly detail: readonly number[];
}

/** A graph that was built during a call, and why. */
export interface AgentTrace {
  readonly row: number;
  readonly graph: 'input-pipeline' | 'model';
  readonly function: string;
  readonly cause: string;
  /** `float32[32,4] -> float32[33,4]`, `2 -> 3`, or empty. */
  readonly change: string;
}

/** What TensorFlow told of the operations inside graphs, as it came. */
export interface AgentKernelTrace {
  readonly format: 'run-metadata' | 'xplane';
  /** Serialized protocol buffer, base64. */
  readonly data: string;
  /** When the tracer started, on the agent's clock: an XPlane counts from there. */
  readonly startNanos: number;
}

export interface AgentCall {
  readonly type: 'call';
  readonly variant: number;
  readonly round: number;
  readonly temperature: 'cold-session' | 'cold-signature' | 'warm';
  readonly startNanos: number;
  readonly latencyNanos: number;
  readonly signature: string;
  readonly batch: number;
  readonly error?: string;
  /** Absent for a bare call: the seams were not installed. */
  readonly spans?: AgentSpans;
  readonly traces?: readonly AgentTrace[];
  readonly gc?: readonly { readonly startNanos: number; readonly durationNanos: number; readonly generation: number }[];
  /** True when a tracer ran: kernels inside graphs are known, the latency does not count. */
  readonly traced?: boolean;
  readonly trace?: AgentKernelTrace;
  /** The caller's trace context, hex; only of a program's own calls. */
  readonly traceId?: string;
  readonly parentSpanId?: string;
  /** The process right after the call, of some calls of a program. */
  readonly memory?: { readonly rssBytes: number; readonly peakRssBytes: number };
}

interface AgentTensor {
  readonly name: string;
  readonly dtype: string;
  readonly shape: readonly number[];
}

/** One line of the agent's pipe. */
export type AgentRecord =
  | AgentCall
  | {
      readonly type: 'hello';
      readonly protocol: number;
      readonly pid: number;
      readonly stages: readonly string[];
      readonly kinds: readonly string[];
    }
  | { readonly type: 'clock'; readonly atNanos: number; readonly epochNanos: string; readonly errorNanos: number }
  | {
      readonly type: 'versions';
      readonly packages: Readonly<Record<string, string>>;
      readonly backend: string;
      readonly executable: string;
    }
  | {
      readonly type: 'seams';
      readonly found: readonly { readonly seam: string; readonly place: string }[];
      readonly missing: readonly { readonly seam: string; readonly tried: readonly string[] }[];
    }
  | { readonly type: 'tool'; readonly insideNanos: number; readonly outsideNanos: number; readonly clockResolutionNanos: number }
  | {
      readonly type: 'model';
      readonly name: string;
      readonly parameters: number | null;
      readonly layers: number | null;
      readonly inputs: readonly AgentTensor[];
      readonly outputs: readonly AgentTensor[];
    }
  | { readonly type: 'input'; readonly signature: string; readonly batch: number }
  | { readonly type: 'variant'; readonly index: number; readonly name: string; readonly call: string }
  | { readonly type: 'unavailable'; readonly variant: string; readonly reason: string; readonly index?: number }
  | { readonly type: 'agreement'; readonly index: number; readonly largestRelativeDifference: number | null }
  | { readonly type: 'memory'; readonly index: number; readonly bytes: number; readonly calls: number }
  | { readonly type: 'names'; readonly strings: readonly string[]; readonly details: readonly Readonly<Record<string, string>>[] }
  | {
      readonly type: 'retrace';
      readonly call: string;
      readonly traced: boolean;
      readonly cause: string | null;
      readonly change: string | null;
    }
  | { readonly type: 'progress'; readonly phase: string; readonly done: number; readonly of: number; readonly remainingMillis?: number }
  | { readonly type: 'note'; readonly text: string }
  | { readonly type: 'error'; readonly kind: string; readonly message: string; readonly traceback?: string }
  | { readonly type: 'end' };

/** What the agent says of the packages it runs on. */
export type AgentVersions = Extract<AgentRecord, { readonly type: 'versions' }>;
