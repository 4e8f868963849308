/**
 * Inferscope's spans, read back from a tracing back end, as a recording.
 *
 * Data arrives page by page in any order of time. Each call is appended with its subtree, parents first, at times
 * relative to the first call seen, to portions that need not be in memory. In the end calls are put in order of time, and the
 * origin is moved to the earliest one: the recording is the same in whatever order its calls came.
 */
import { ATTRIBUTE } from '../../model/attributes.js';
import { MAX_SPAN_START_NANOS, MAX_SPAN_NANOS, RECORDING_VERSION, TEMPERATURES } from '../../model/recording.js';
import type { CallRecord, GcPause, Recording, RecordingMeta } from '../../model/recording.js';
import type { RunFacts } from '../../model/run-facts.js';
import { SPAN_KINDS, spanKindCode } from '../../model/span.js';
import type { SpanDetail } from '../../model/span.js';
import { STAGES, stageCode } from '../../model/stage.js';
import { isCreation, namedVariant, variantKey } from '../../model/variant.js';
import type { Variant } from '../../model/variant.js';
import type { Batch } from '../../record/recorder.js';
import { RecordingWriter, addRunFacts } from '../../record/writer.js';
import { attributeReader } from './attribute-reader.js';
import type { AttributeReader } from './attribute-reader.js';
import { Interned } from '../../model/interned.js';
import { SpanRows, rowAt } from '../../model/span-rows.js';
import { metaFromCall } from './meta-from-call.js';
import { PortionsInMemory, type Portions } from './portions.js';
import type { SpanNode } from './span-tree.js';

/** What distinguishes one variant from another, where it is not the recorded variant itself. */
export type VariantNaming = (call: SpanNode) => string;

export class RecordingBuilder {
  readonly #strings = new Interned<string>((value) => value, '');
  readonly #details = new Interned<SpanDetail>((value) => JSON.stringify(value), {});
  readonly #variants = new Interned<Variant>(variantKey);
  readonly #gc: GcPause[] = [];
  #rows = new SpanRows();
  #calls: CallRecord[] = [];
  /** Where each call begins and what it is of, in the order in which they came, and where it is kept. */
  readonly #came = { startNanos: [] as number[], variant: [] as number[], portion: [] as number[], place: [] as number[] };
  #portionCount = 0;
  #keptSpans = 0;
  #earliest: SpanNode | undefined;
  #baseNanos: bigint | undefined;
  #mistimed = 0;

  constructor(
    private readonly variantName: VariantNaming = (call) => call.attributes.text(ATTRIBUTE.variant) ?? 'unknown',
    private readonly portions: Portions = new PortionsInMemory(),
  ) {}

  get callCount(): number {
    return this.#came.startNanos.length;
  }

  get spanCount(): number {
    return this.#keptSpans + this.#rows.length;
  }

  /**
   * Adds a call with its subtree. One with times that no recording holds (a clock that stood at 1970) only counts as spans that are
   * missing.
   */
  addCall(call: SpanNode): void {
    const subtree = subtreeOf(call);
    const base = this.#baseNanos ?? call.start;
    if (!subtree.every((node) => isTimed(node, base))) {
      this.#mistimed += subtree.length;
      return;
    }
    this.#baseNanos = base;
    if (this.#earliest === undefined || call.start < this.#earliest.start) this.#earliest = call;
    this.#note(this.#callRecord(call, this.#rows.length));
    this.#addGcPauses(call);
    const index = this.#calls.length - 1;
    const waiting: { readonly node: SpanNode; readonly parent: number }[] = [{ node: call, parent: -1 }];
    for (let next = waiting.pop(); next !== undefined; next = waiting.pop()) {
      const row = this.#addRow(next.node, next.parent, index);
      // Reversed, because the last one in is the first one out.
      for (const node of next.node.children.toReversed()) waiting.push({ node, parent: row });
    }
    if (this.#rows.length >= this.portions.atOnce) this.#closePortion();
  }

  /** The recording, or null when no call was added. Ends the builder. */
  finish(): Recording | null {
    const meta = this.#meta();
    if (meta === null) return null;
    const [batch] = this.#batches(Infinity);
    this.portions.close();
    if (batch === undefined) return null;
    const { spans, calls, gc, lostSpans } = batch;
    return { meta, strings: this.#strings.values, details: this.#details.values, spans, calls, gc, lostSpans, complete: true };
  }

  /**
   * The same written to a file, without ever being whole in memory. False when no call was added. Ends the builder.
   * @throws UserError when the file cannot be written
   */
  writeTo(file: string, run: RunFacts): boolean {
    const meta = this.#meta();
    if (meta !== null) {
      const writer = new RecordingWriter(file, meta);
      for (const batch of this.#batches(this.portions.atOnce)) writer.append(batch, this.#strings.values, this.#details.values);
      writer.end();
      addRunFacts(file, run);
    }
    this.portions.close();
    return meta !== null;
  }

  #note(record: CallRecord): void {
    this.#came.startNanos.push(record.startNanos);
    this.#came.variant.push(record.variant);
    this.#came.portion.push(this.#portionCount);
    this.#came.place.push(this.#calls.push(record) - 1);
  }

  #closePortion(): void {
    if (this.#calls.length === 0) return;
    this.portions.push({ spans: this.#rows.columns(), calls: this.#calls });
    this.#portionCount += 1;
    this.#keptSpans += this.#rows.length;
    this.#rows = new SpanRows();
    this.#calls = [];
  }

  /** Variants in order of time; sessions are created before they run, but the first variant is what the report is about. */
  #variantOrder(): readonly number[] {
    const begun = new Map<number, number>();
    this.#came.variant.forEach((variant, call) =>
      begun.set(variant, Math.min(begun.get(variant) ?? Infinity, this.#came.startNanos[call] ?? 0)),
    );
    const seen = [...begun].sort(([, a], [, b]) => a - b).map(([variant]) => variant);
    const isCreating = (number: number): boolean => this.#variants.values.slice(number, number + 1).some(isCreation);
    return [...seen.filter((number) => !isCreating(number)), ...seen.filter(isCreating)];
  }

  #meta(): RecordingMeta | null {
    if (this.#earliest === undefined) return null;
    return {
      ...metaFromCall(this.#earliest),
      version: RECORDING_VERSION,
      originEpochNanos: String(this.#earliest.start),
      variants: this.#variantOrder().flatMap((number) => this.#variants.values[number] ?? []),
    };
  }

  /** All calls in order of time, so many spans at a time; pauses come with the last. */
  *#batches(atOnce: number): Iterable<Batch> {
    this.#closePortion();
    const { startNanos, portion, place } = this.#came;
    const earliest = this.#relative(this.#earliest?.start ?? 0n);
    const variants = this.#variantOrder();
    let [rows, calls, firstRow, firstCall] = [new SpanRows(), [] as CallRecord[], 0, 0];
    for (const came of startNanos.map((_, call) => call).sort((a, b) => (startNanos[a] ?? 0) - (startNanos[b] ?? 0))) {
      if (rows.length >= atOnce) {
        yield { spans: rows.columns(), firstRow, calls, gc: [], lostSpans: 0 };
        [rows, calls, firstRow, firstCall] = [new SpanRows(), [], firstRow + rows.length, firstCall + calls.length];
      }
      const from = this.portions.at(portion[came] ?? 0);
      const call = from.calls[place[came] ?? 0];
      if (call === undefined) throw new RangeError(`there is no call ${came}`);
      const shift = firstRow + rows.length - call.rootSpan;
      const number = firstCall + calls.length;
      calls.push({
        ...call,
        variant: variants.indexOf(call.variant),
        rootSpan: call.rootSpan + shift,
        startNanos: call.startNanos - earliest,
      });
      for (let row = call.rootSpan; row < from.spans.length && from.spans.call[row] === place[came]; row++) {
        const span = rowAt(from.spans, row);
        const parent = span.parent < 0 ? -1 : span.parent + shift;
        rows.push({ ...span, startNanos: span.startNanos - earliest, parent, call: number });
      }
    }
    const gc = this.#gc.map((pause) => ({ ...pause, startNanos: pause.startNanos - earliest }));
    yield { spans: rows.columns(), firstRow, calls, gc, lostSpans: this.#mistimed };
  }

  #relative(epochNanos: bigint): number {
    return Number(epochNanos - (this.#baseNanos ?? epochNanos));
  }

  #addRow(node: SpanNode, parent: number, call: number): number {
    const { span, attributes, start } = node;
    const kind = SPAN_KINDS.find((known) => known === attributes.text(ATTRIBUTE.spanKind)) ?? 'stage';
    const stage = STAGES.find((known) => known === attributes.text(ATTRIBUTE.stage)) ?? 'unexplained';
    return this.#rows.push({
      startNanos: this.#relative(start),
      durationNanos: durationOf(node),
      parent,
      call,
      name: this.#strings.add(attributes.text(ATTRIBUTE.spanName) ?? span.name),
      detail: this.#details.add(detailFrom(attributes)),
      stage: stageCode(stage),
      kind: spanKindCode(kind),
    });
  }

  #callRecord(node: SpanNode, rootSpan: number): CallRecord {
    const { attributes, span, start } = node;
    const variant = namedVariant({ name: this.variantName(node), call: attributes.text(ATTRIBUTE.callStyle) ?? span.name });
    const temperature = TEMPERATURES.find((known) => known === attributes.text(ATTRIBUTE.temperature)) ?? 'warm';
    const error = span.status?.code === 2 ? (span.status.message ?? 'failed') : undefined;
    return {
      variant: this.#variants.add(variant),
      rootSpan,
      startNanos: this.#relative(start),
      latencyNanos: attributes.amount(ATTRIBUTE.latency) ?? durationOf(node),
      temperature,
      round: Math.trunc(Math.min(2 ** 31 - 1, Math.max(-1, attributes.number(ATTRIBUTE.round) ?? -1))),
      signature: attributes.text(ATTRIBUTE.signature) ?? 'unknown',
      batch: Math.trunc(Math.min(Number.MAX_SAFE_INTEGER, attributes.amount(ATTRIBUTE.batch) ?? 1)),
      traceId: span.traceId,
      ...defined({
        process: processOf(node),
        parentSpanId: span.parentSpanId || undefined,
        async: attributes.flag(ATTRIBUTE.async),
        traced: attributes.flag(ATTRIBUTE.traced),
        tensors: attributes.number(ATTRIBUTE.tensorsHeld),
        tensorBytes: attributes.number(ATTRIBUTE.bytesHeld),
        error,
      }),
    };
  }

  #addGcPauses(call: SpanNode): void {
    const process = processOf(call);
    for (const event of call.span.events ?? []) {
      if (event.name !== 'gc') continue;
      const attributes = attributeReader(event.attributes);
      this.#gc.push({
        startNanos: this.#relative(BigInt(event.timeUnixNano)),
        durationNanos: attributes.amount(ATTRIBUTE.gcNanos) ?? 0,
        type: attributes.text(ATTRIBUTE.gcType) ?? 'unknown',
        ...defined({ process }),
      });
    }
  }
}

function subtreeOf(call: SpanNode): readonly SpanNode[] {
  const nodes = [call];
  // Grows as it goes: each node brings its children.
  for (const { children } of nodes) for (const child of children) nodes.push(child);
  return nodes;
}

/** Half of the way for the origin, which moves to the earliest call in the end. */
const isTimed = (node: SpanNode, baseNanos: bigint): boolean =>
  durationOf(node) <= MAX_SPAN_NANOS && Math.abs(Number(node.start - baseNanos)) <= MAX_SPAN_START_NANOS / 2;

/** A span that ends before it begins took no time. */
const durationOf = ({ start, end }: SpanNode): number => Math.max(0, Number(end - start));

/** The process that a call was made in, as far as the resource tells: by its own id, else by service, machine and number. */
function processOf({ resource }: SpanNode): string | undefined {
  const instance = resource.text('service.instance.id');
  if (instance !== undefined) return instance;
  const parts = [
    resource.text('service.name'),
    resource.text('host.id') ?? resource.text('host.name'),
    resource.text('container.id'),
    resource.number('process.pid'),
  ];
  return parts.every((part) => part === undefined) ? undefined : parts.map((part) => part ?? '').join('/');
}

function detailFrom(attributes: AttributeReader): SpanDetail {
  return defined({
    inputShapes: attributes.list(ATTRIBUTE.inputShapes),
    outputShapes: attributes.list(ATTRIBUTE.outputShapes),
    inputDtypes: attributes.list(ATTRIBUTE.inputDtypes),
    outputDtypes: attributes.list(ATTRIBUTE.outputDtypes),
    outputBytes: attributes.amount(ATTRIBUTE.outputBytes),
    node: attributes.text(ATTRIBUTE.node),
    layer: attributes.text(ATTRIBUTE.layer),
    fused: attributes.list(ATTRIBUTE.fused),
    cause: attributes.text(ATTRIBUTE.cause),
    repeat: attributes.amount(ATTRIBUTE.repeat),
    flops: attributes.amount(ATTRIBUTE.flops),
    bytesMoved: attributes.amount(ATTRIBUTE.bytesMoved),
    allocatedBytes: attributes.amount(ATTRIBUTE.allocatedBytes),
  });
}

type Defined<T> = { [Name in keyof T]?: Exclude<T[Name], undefined> };

const defined = <T extends object>(value: T): Defined<T> =>
  Object.fromEntries(Object.entries(value).filter(([, field]) => field !== undefined)) as Defined<T>;
