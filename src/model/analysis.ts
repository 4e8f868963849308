import type { CpuFigure } from './cpu.js';
import type { Leak } from './held-tensors.js';
import type { LatencySummary } from './latency-summary.js';
import type { LoadFigure } from './load.js';
import type { Environment, ModelInfo, ProcessMemory } from './recording.js';
import type { MemoryFigure } from './memory.js';
import type { MachinePeak, Roofline } from './roofline.js';
import type { SpanKind } from './span.js';
import type { PaddingPlan, SignatureGroup, SignatureRow } from './signatures.js';
import type { Stage } from './stage.js';
import type { Trust } from './trust.js';
import type { Compiler } from './variant.js';
import type { Verdict } from './verdict.js';
import type { OptimiserPass } from './run-facts.js';
import type { Difference, Parity } from './parity.js';

/**
 * What analysis gives and rendering takes. Everything is plain data: `report.json` is exactly `Analysis` minus the
 * bulky per-call arrays. Times are nanoseconds; shares are 0..1.
 */
export interface Analysis {
  readonly model: ModelInfo;
  readonly runtime: string;
  readonly environment: Environment;
  readonly inputSignature: string;
  readonly batch: number;
  /** Of every interval here: 0.95 unless asked otherwise. */
  readonly confidence: number;
  /** In the order asked for; the first is the baseline. */
  readonly variants: readonly VariantAnalysis[];
  readonly comparisons: readonly Comparison[];
  /** What the machine reaches at best, measured after the run; null where it was not. */
  readonly peak: MachinePeak | null;
  /** Passes of TensorFlow's graph optimiser before the first run of a SavedModel; absent where they were not looked at. */
  readonly passes?: readonly OptimiserPass[];
  /** Requests at a rate or from several callers; absent where nobody asked. */
  readonly loads?: readonly LoadFigure[];
  /** Of a program: how busy its calls kept the event loop; absent where that cannot be told. */
  readonly eventLoop?: EventLoopFigure;
  /** What each input signature cost and gained, and the padding that would have cost less. */
  readonly signatures: readonly SignatureRow[];
  readonly padding: readonly PaddingPlan[];
  /** Signatures that differ in sizes alone, together; empty where each variant had one shape. */
  readonly signatureGroups?: readonly SignatureGroup[];
  /** Models that a program called; empty or absent where it is the one above. */
  readonly models?: readonly ModelFigure[];
  /** Tensors that a program goes on keeping; absent where nobody looked. */
  readonly leaks?: readonly Leak[];
  /** Memory of the process by owner; absent where nobody looked. */
  readonly memory?: MemoryFigure;
  readonly spans: SpanCounts;
  readonly advice: readonly Advice[];
  /** Whether the figures can be trusted; missing where nothing was run for it (a comparison of other tools' files). */
  readonly trust?: Trust;
  readonly notes: readonly string[];
  /** Those of the notes that say that figures are missing. */
  readonly missing?: readonly string[];
}

/** Of the thread whose event loop was held most. */
export interface EventLoopFigure {
  /** Share of the time between the first and the last call in which a call held it. */
  readonly heldShare: number;
  readonly seconds: number;
  /** Threads and processes that made calls enough to tell. */
  readonly threads: number;
}

/** A model of a program. */
export interface ModelFigure {
  /** As in `VariantAnalysis.model`. */
  readonly id: string;
  readonly name: string;
  readonly runtime: string;
  /** Number of weights, null where they cannot be seen. */
  readonly parameters: number | null;
  /** How often it was loaded. */
  readonly loads: number;
  readonly calls: number;
}

/** `accepted` is null when nothing was exported. */
export interface SpanCounts {
  readonly recorded: number;
  readonly accepted: number | null;
  readonly lost: number;
}

export interface VariantAnalysis {
  readonly key: string;
  readonly name: string;
  readonly call: string;
  /** As in `Variant`. */
  readonly compiler?: Compiler;
  /** Identity of its model, where the run has several. */
  readonly model?: string;
  /** Warm calls the figures below are taken from. */
  readonly calls: number;
  readonly latencyNanos: LatencySummary;
  /** Longest stretch in which a warm call held the JavaScript thread, so that the process answered nothing else. */
  readonly blockNanos?: { readonly p50: number; readonly max: number };
  /** What its calls take of the processors; absent where nobody looked. */
  readonly cpu?: CpuFigure;
  /** Mean per warm call of each stage; sums to the mean latency. */
  readonly stages: Readonly<Record<Stage, StageFigure>>;
  readonly kernels: readonly KernelFigure[];
  /** Kernels whose work can be estimated from their shapes, by operation and layer, dearest first. */
  readonly work: readonly WorkFigure[];
  /** Kernels of loops, iteration by iteration in one traced call, dearest first. */
  readonly loops: readonly LoopFigure[];
  /** How calls were sampled for what only tracing shows; null when none was traced. */
  readonly sampling: SamplingFigure | null;
  readonly cold: readonly ColdCall[];
  /** Merged call tree of the warm calls; values are totals over `calls`. */
  readonly tree: FlameNode;
  /** Each measured call in order: warm and cold. */
  readonly timeline: readonly CallPoint[];
  readonly errors: number;
}

export interface StageFigure {
  readonly nanosPerCall: number;
  readonly share: number;
}

/** Traced calls give kernels, never latencies. */
export interface SamplingFigure {
  /** Measured calls that were traced, and those of the warm-up that stand in where none was. */
  readonly traced: number;
  readonly tracedInWarmUp: number;
  /** Measured calls, traced and not. */
  readonly calls: number;
  /** One call in this many; null when no measured call was traced. */
  readonly period: number | null;
  /** What tracing took of the time of these calls, in all and as a share, and the end of its interval (null: too few to tell). */
  readonly nanos: number;
  readonly share: number;
  readonly upper: number | null;
}

export interface KernelFigure {
  readonly op: string;
  /** Executions per call (mean). */
  readonly count: number;
  /** Self time per call; of an eager operation with the binding's conversions. */
  readonly nanosPerCall: number;
  readonly share: number;
  /**
   * TensorFlow's own part of `nanosPerCall`, from sampled calls: the rest is marshalling, the binding's conversions
   * between JavaScript and TensorFlow. Null where it was not measured apart; inside a session run there is none.
   */
  readonly nativeNanosPerCall: number | null;
  readonly shapes: readonly string[];
  readonly layers: readonly string[];
  /** Operations that the graph optimiser fused into it. */
  readonly fused: readonly string[];
}

/** What one operation of one layer works on, and how fast. */
export interface WorkFigure {
  readonly op: string;
  readonly layer: string | null;
  /** Executions per call (mean). */
  readonly count: number;
  readonly shapes: readonly string[];
  /** Of an eager operation, TensorFlow's own part where that was timed. */
  readonly nanosPerCall: number;
  /** Estimated from the shapes. */
  readonly flopsPerCall: number;
  readonly bytesPerCall: number;
  /** Against the machine's peak; null where that was not measured. */
  readonly roofline: Roofline | null;
}

/** A node of a loop's body. */
export interface LoopFigure {
  readonly op: string;
  readonly node: string;
  readonly layer: string | null;
  /** Duration of each iteration of one traced call, in order. */
  readonly iterationNanos: readonly number[];
}

export interface ColdCall {
  readonly temperature: 'cold-session' | 'cold-signature';
  readonly signature: string;
  readonly latencyNanos: number;
  readonly stages: Readonly<Record<Stage, StageFigure>>;
  /** Why the call had to build a graph, when known. */
  readonly causes: readonly string[];
}

export interface CallPoint {
  readonly startNanos: number;
  readonly latencyNanos: number;
  readonly temperature: string;
  readonly traced: boolean;
  readonly gcNanos: number;
  readonly error?: string;
  /** Where it came from: index of the recording, and of the call in it. */
  readonly source?: { readonly recording: number; readonly call: number };
  /** Tensors and bytes that it left behind (negative: freed), when they were counted. */
  readonly tensors?: number;
  readonly tensorBytes?: number;
  /** Of the process right after the call, where it was looked at. */
  readonly memory?: ProcessMemory;
}

/** A node of the merged call tree: frames with the same path are one node. */
export interface FlameNode {
  readonly name: string;
  readonly kind: SpanKind;
  readonly stage: Stage;
  readonly count: number;
  readonly totalNanos: number;
  readonly selfNanos: number;
  /** Per-call mean and standard error of total and self, for intervals. */
  readonly perCall: FrameStatistics;
  readonly children: readonly FlameNode[];
  readonly shapes?: readonly string[];
  /** How long it took in single calls; absent for trees that come without calls (other tools' profiles). */
  readonly calls?: FrameCalls;
}

/** A frame's total time in the calls that had it: one value a call, its executions in that call added up. */
export interface FrameCalls {
  readonly seen: number;
  readonly p50Nanos: number;
  /** Null with too few calls to state it. */
  readonly p99Nanos: number | null;
  /** Places in the variant's timeline of the calls in which it took longest, slowest first. */
  readonly slowest: readonly number[];
}

export interface FrameStatistics {
  readonly calls: number;
  readonly meanTotalNanos: number;
  readonly standardErrorTotalNanos: number;
  readonly meanSelfNanos: number;
  readonly standardErrorSelfNanos: number;
}

/** Ratio = candidate ÷ baseline of the latency: below 1 the candidate is faster. */
export interface Comparison {
  readonly baseline: string;
  readonly candidate: string;
  readonly ratio: number;
  readonly interval: readonly [number, number];
  readonly verdict: Verdict;
  readonly sentence: string;
  readonly diff: DiffNode;
  /** Other candidates that run the candidate's graph; absent where that is not known. */
  readonly sameGraphAs?: readonly string[];
  /** Why a verdict was withheld, when it was. */
  readonly withheld?: string;
  /** How far the candidate's answers are from the baseline's; absent where nobody looked. */
  readonly outputs?: Parity;
}

/** A frame of the differential flamegraph: both sides kept, a missing side has zeros. */
export interface DiffNode {
  readonly name: string;
  readonly kind: SpanKind;
  readonly stage: Stage;
  readonly baseline: DiffSide;
  readonly candidate: DiffSide;
  /** candidate − baseline of total time per call. */
  readonly shiftNanos: number;
  readonly interval: readonly [number, number];
  /** True where the interval clears zero after false-discovery control and the shift exceeds the practical threshold. */
  readonly significant: boolean;
  /** The same for self time, whose shift is that of `selfNanosPerCall`. */
  readonly selfInterval: readonly [number, number];
  readonly selfSignificant: boolean;
  readonly children: readonly DiffNode[];
}

export interface DiffSide {
  readonly count: number;
  readonly totalNanosPerCall: number;
  readonly selfNanosPerCall: number;
}

/** Advice tied to a measured cause. */
export interface Advice {
  readonly id: string;
  readonly sentence: string;
  readonly evidence: string;
  /** Estimated or measured saving as a share, with an interval; `of` what, where it is not the latency of a call of the baseline. */
  readonly saving: { readonly share: number; readonly interval: readonly [number, number]; readonly of?: string } | null;
  readonly verified: boolean;
}

/** Two runs side by side. `times`: latencies are compared; `shares`: only what part of a call goes where. */
export interface RunComparison {
  readonly basis: 'times' | 'shares';
  readonly differences: readonly Difference[];
  readonly comparisons: readonly Comparison[];
  readonly notes: readonly string[];
}
