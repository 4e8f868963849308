import { append } from '../../model/append.js';
import { messageOf, never } from '../../model/errors.js';
import {
  RECORDING_VERSION,
  type CallRecord,
  type Environment,
  type GcPause,
  type ModelInfo,
  type Recording,
  type RecordingMeta,
  type ToolCost,
} from '../../model/recording.js';
import type { SessionKernel } from '../../model/session.js';
import type { SpanDetail } from '../../model/span.js';
import { asControl, controlOf, namedVariant, variantKey, type Variant } from '../../model/variant.js';
import type { KerasFacts, TraceFact } from './facts.js';
import { placeKernels } from './place-kernels.js';
import { PROTOCOL, type AgentCall, type AgentKernelTrace, type AgentRecord, type AgentSpans, type AgentVersions } from './protocol.js';
import { AgentRows } from './agent-rows.js';
import { variantFact, type VariantNotes } from './variant-facts.js';
import { gcPauses, callRecord } from './call-record.js';

type Of<T extends AgentRecord['type']> = Extract<AgentRecord, { readonly type: T }>;

/** A recording of the `keras` runtime, with what Python told besides. */
export interface KerasRecording extends Recording {
  readonly keras: KerasFacts;
}

/** What only the Node side knows. */
export interface KerasContext {
  /** Null where the program has made the model itself; its name is then the agent's word. */
  readonly path: string | null;
  readonly name?: string;
  readonly sha256: string | null;
  readonly seed: number;
  /** Absent: kernels inside graphs are left out. */
  readonly kernels?: KernelDecoder;
  /** The environment, given the agent's word on versions and missing seams. */
  environment(versions: Of<'versions'>, missing: readonly string[]): Environment;
}

/** Reads what TensorFlow told of the operations inside graphs; starts are given on the agent's clock. */
export type KernelDecoder = (trace: AgentKernelTrace, originEpochNanos: bigint) => readonly SessionKernel[];

/** Takes the agent's records one by one and makes a recording of them. */
export class AgentAssembler {
  readonly #single = new Map<AgentRecord['type'], AgentRecord>();
  readonly #variants = new Map<number, VariantNotes>();
  readonly #unavailable: { readonly variant: string; readonly reason: string }[] = [];
  readonly strings: string[] = [];
  readonly details: SpanDetail[] = [{}];
  readonly #notes: string[] = [];
  readonly retraces: Of<'retrace'>[] = [];
  failure: Of<'error'> | undefined;

  note(text: string): void {
    this.#notes.push(text);
  }

  /** @throws Error when the agent is of another version. */
  take(record: AgentRecord): void {
    switch (record.type) {
      case 'hello':
        if (record.protocol !== PROTOCOL)
          throw new Error(`the Keras agent speaks protocol ${record.protocol}, this version of Inferscope ${PROTOCOL}`);
        this.#single.set(record.type, record);
        return;
      case 'clock':
      case 'versions':
      case 'seams':
      case 'tool':
      case 'model':
      case 'input':
      case 'end':
        this.#single.set(record.type, record);
        return;
      case 'names':
        append(this.strings, record.strings);
        append(this.details, record.details);
        return;
      case 'retrace':
        this.retraces.push(record);
        return;
      case 'note':
        this.note(record.text);
        return;
      case 'error':
        this.failure = record;
        return;
      case 'progress':
        return;
      case 'variant':
      case 'unavailable':
      case 'agreement':
      case 'memory':
      case 'call':
        this.#takeOfVariant(record);
        return;
      default:
        never(record);
    }
  }

  #takeOfVariant(record: Of<'variant' | 'unavailable' | 'agreement' | 'memory' | 'call'>): void {
    switch (record.type) {
      case 'variant':
        this.#variants.set(record.index, notesOf(record));
        return;
      case 'unavailable':
        if (record.index !== undefined) this.#variants.delete(record.index);
        this.#unavailable.push({ variant: record.variant, reason: record.reason });
        return;
      case 'agreement':
        return this.#withVariant(record.index, (notes) => (notes.difference = record.largestRelativeDifference));
      case 'memory':
        return this.#withVariant(record.index, (notes) => notes.memory.push(record));
      case 'call':
        return this.#withVariant(record.variant, (notes) => notes.calls.push(record));
      default:
        never(record);
    }
  }

  /** Recorded calls so far: without any there is nothing to make a recording of. */
  get calls(): number {
    return [...this.#variants.values()].reduce((sum, notes) => sum + notes.calls.length, 0);
  }

  /** @throws Error when records that every run sends are missing. */
  recording(context: KerasContext, complete: boolean): KerasRecording {
    const kept = [...this.#variants.values()].filter((notes) => notes.calls.length > 0);
    const rows = this.rows();
    const { calls, gc, traces } = collect(kept, rows, (call) => this.#withKernels(call, context.kernels));
    // The first variant's calls with no seam installed are the control that tells our own cost.
    const unrecorded = kept[0]?.calls.some(isControl) === true ? [asControl(kept[0].variant, 'unrecorded')] : [];
    const versions = this.#one('versions');
    const seams = this.#one('seams');
    const missing = seams.missing.map(({ seam }) => seam);
    return {
      meta: this.meta(context, [...kept.map(({ variant }) => variant), ...unrecorded]),
      strings: this.strings,
      details: this.details,
      spans: rows.columns(this),
      calls,
      gc,
      lostSpans: 0,
      complete,
      keras: {
        versions,
        python: versions.packages['python'] ?? 'unknown',
        executable: versions.executable,
        keras: versions.packages['keras'] ?? 'unknown',
        backend: versions.backend,
        seams: Object.fromEntries(seams.found.map(({ seam, place }) => [seam, place])),
        missingSeams: missing,
        variants: kept.filter(({ variant }) => controlOf(variant) === null).map(variantFact),
        unavailable: this.#unavailable,
        traces,
        notes: [...new Set(this.#notes)],
      },
    };
  }

  /** What a recording begins with. @throws Error when records that every run sends are missing. */
  meta(context: KerasContext, variants: readonly Variant[]): RecordingMeta {
    const missing = this.#one('seams').missing.map(({ seam }) => seam);
    return {
      version: RECORDING_VERSION,
      originEpochNanos: this.#originEpochNanos(),
      model: this.#modelInfo(context),
      environment: context.environment(this.#one('versions'), missing),
      variants,
      inputSignature: this.#one('input').signature,
      batch: this.#one('input').batch,
      seed: context.seed,
      tool: this.#toolCost(),
    };
  }

  /** Every variant that was announced, by its number. */
  get announced(): Variant[] {
    return [...this.#variants.values()].map(({ variant }) => variant);
  }

  /** Null before the agent has told. */
  get versions(): AgentVersions | null {
    return this.#single.has('versions') ? this.#one('versions') : null;
  }

  /** True when the agent said that it had finished. */
  get ended(): boolean {
    return this.#single.has('end');
  }

  /** The codes that spans are written in. @throws Error before the agent's first line. */
  rows(firstRow = 0): AgentRows {
    const hello = this.#one('hello');
    return new AgentRows(hello.stages, hello.kinds, firstRow);
  }

  #withKernels({ spans, trace }: AgentCall, decode: KernelDecoder | undefined): AgentSpans | undefined {
    if (spans === undefined || trace === undefined || decode === undefined) return spans;
    try {
      const placed = placeKernels(spans, decode(trace, BigInt(this.#originEpochNanos())), this.#one('hello').kinds.indexOf('kernel'), this);
      if (placed.outside > 0)
        this.#notes.push(
          'Operations that the input pipeline ran in its own threads are not shown: they belong to no graph run of the call.',
        );
      return placed.spans;
    } catch (thrown) {
      this.#notes.push(`TensorFlow's trace of the operations inside a graph could not be read: ${messageOf(thrown)}.`);
      return spans;
    }
  }

  #withVariant(index: number, use: (notes: VariantNotes) => unknown): void {
    const notes = this.#variants.get(index);
    // Records of a variant that was found not to work are dropped with it.
    if (notes !== undefined) use(notes);
  }

  #one<T extends AgentRecord['type']>(type: T): Of<T> {
    const record = this.#single.get(type);
    if (record === undefined) throw new Error(`the Keras agent sent no ${type} record`);
    return record as Of<T>;
  }

  #originEpochNanos(): string {
    const { epochNanos, atNanos } = this.#one('clock');
    const origin = BigInt(epochNanos) - BigInt(atNanos);
    if (origin < 0n) throw new Error(`the Keras agent sent a clock that began before 1970: ${atNanos} ns at ${epochNanos}`);
    return origin.toString();
  }

  #toolCost(): ToolCost {
    const { insideNanos, outsideNanos, clockResolutionNanos } = this.#one('tool');
    return { insideNanos, outsideNanos, clockResolutionNanos };
  }

  #modelInfo({ name, path, sha256 }: KerasContext): ModelInfo {
    const { name: own, parameters, layers, inputs, outputs } = this.#one('model');
    return { name: name ?? own, path, runtime: 'keras', sha256, parameters, nodes: layers, inputs, outputs };
  }
}

interface Collected {
  readonly calls: CallRecord[];
  readonly gc: GcPause[];
  readonly traces: TraceFact[];
}

/**
 * Recorded calls in the order they ran, with their spans put into `rows`, and the first variant's bare calls as those of
 * one variant more. The others' bare calls are in the facts only.
 */
function collect(kept: readonly VariantNotes[], rows: AgentRows, spansOf: (call: AgentCall) => AgentSpans | undefined): Collected {
  const collected: Collected = { calls: [], gc: [], traces: [] };
  const ordered = kept
    .flatMap((notes, variant) => notes.calls.map((call) => ({ call, variant, key: variantKey(notes.variant) })))
    .filter(({ call, variant }) => call.spans !== undefined || (variant === 0 && isControl(call)))
    .sort((a, b) => a.call.startNanos - b.call.startNanos);
  for (const { call, variant, key } of ordered) {
    const index = collected.calls.length;
    const spans = spansOf(call);
    const rootSpan = spans === undefined ? -1 : rows.append(index, spans);
    collected.calls.push(callRecord(call, spans === undefined ? kept.length : variant, rootSpan));
    collected.gc.push(...gcPauses(call));
    for (const { graph, function: name, cause, change } of call.traces ?? []) {
      collected.traces.push({ call: index, variant: key, graph, function: name, cause, change });
    }
  }
  return collected;
}

const notesOf = ({ name, call }: Of<'variant'>): VariantNotes => ({
  variant: namedVariant({ name, call }),
  calls: [],
  memory: [],
  difference: null,
});

const isControl = ({ spans, round }: AgentCall): boolean => spans === undefined && round >= 0;
