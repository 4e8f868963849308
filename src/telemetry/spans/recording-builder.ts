/**
 * Inferscope's spans, read back from a tracing back end, as a recording.
 *
 * Data arrives page by page in any order of time. Each call is appended with its subtree, parents first, at times
 * relative to the first call seen; `finish` moves the origin to the earliest one.
 */
import { ATTRIBUTE } from '../../model/attributes.js';
import { LATEST_SPAN_NANOS, LONGEST_SPAN_NANOS, RECORDING_VERSION, TEMPERATURES } from '../../model/recording.js';
import type { CallRecord, GcPause, Recording } from '../../model/recording.js';
import { SPAN_KINDS, spanKindCode } from '../../model/span.js';
import type { SpanDetail } from '../../model/span.js';
import { STAGES, stageCode } from '../../model/stage.js';
import { isCreation, namedVariant, variantKey } from '../../model/variant.js';
import type { Variant } from '../../model/variant.js';
import { attributeReader } from './attribute-reader.js';
import type { AttributeReader } from './attribute-reader.js';
import { metaFromCall } from './meta-from-call.js';
import type { SpanNode } from './span-tree.js';

/** What distinguishes one variant from another, where it is not the recorded variant itself. */
export type VariantNaming = (call: SpanNode) => string;

export class RecordingBuilder {
  readonly #strings = new Interned<string>((value) => value);
  readonly #details = new Interned<SpanDetail>((value) => JSON.stringify(value));
  readonly #variants = new Interned<Variant>(variantKey);
  readonly #calls: CallRecord[] = [];
  readonly #gc: GcPause[] = [];
  readonly #columns = {
    startNanos: [] as number[],
    durationNanos: [] as number[],
    parent: [] as number[],
    call: [] as number[],
    name: [] as number[],
    detail: [] as number[],
    stage: [] as number[],
    kind: [] as number[],
  };
  #first: SpanNode | undefined;
  #mistimed = 0;

  constructor(private readonly variantName: VariantNaming = (call) => call.attributes.text(ATTRIBUTE.variant) ?? 'unknown') {
    this.#strings.add('');
    this.#details.add({});
  }

  get callCount(): number {
    return this.#calls.length;
  }

  get spanCount(): number {
    return this.#columns.startNanos.length;
  }

  /**
   * Adds a call with its subtree. One with times that no recording holds (a clock that stood at 1970) only counts as spans that are
   * missing.
   */
  addCall(call: SpanNode): void {
    const subtree = subtreeOf(call);
    const first = this.#first ?? call;
    if (!subtree.every((node) => isTimed(node, first))) {
      this.#mistimed += subtree.length;
      return;
    }
    this.#first = first;
    const index = this.#calls.length;
    this.#calls.push(this.#callRecord(call, this.spanCount));
    this.#addGcPauses(call);
    const waiting: { readonly node: SpanNode; readonly parent: number }[] = [{ node: call, parent: -1 }];
    for (let next = waiting.pop(); next !== undefined; next = waiting.pop()) {
      const row = this.#addRow(next.node, next.parent, index);
      // Reversed, because the last one in is the first one out.
      for (const node of next.node.children.toReversed()) waiting.push({ node, parent: row });
    }
  }

  /** The recording, or null when no call was added. */
  finish(): Recording | null {
    if (this.#first === undefined) return null;
    const earliest = this.#calls.reduce((least, { startNanos }) => Math.min(least, startNanos), 0);
    const origin = this.#first.start + BigInt(earliest);
    const columns = this.#columns;
    const order = inOrderOfTime(this.#calls);
    const newIndex = new Uint32Array(order.length);
    order.forEach((call, index) => (newIndex[call] = index));
    const calls = order.flatMap((call) => this.#calls[call] ?? []);
    const seen = [...new Set(calls.map(({ variant }) => variant))];
    const isCreating = (number: number): boolean => this.#variants.values.slice(number, number + 1).some(isCreation);
    // Sessions are created before they run, but the first variant is what the report is about.
    const variants = [...seen.filter((number) => !isCreating(number)), ...seen.filter(isCreating)];
    return {
      meta: {
        ...metaFromCall(this.#first),
        version: RECORDING_VERSION,
        originEpochNanos: String(origin),
        variants: variants.flatMap((number) => this.#variants.values[number] ?? []),
      },
      strings: this.#strings.values,
      details: this.#details.values,
      spans: {
        length: this.spanCount,
        startNanos: Float64Array.from(columns.startNanos, (start) => start - earliest),
        durationNanos: Float64Array.from(columns.durationNanos),
        parent: Int32Array.from(columns.parent),
        call: Uint32Array.from(columns.call, (call) => newIndex[call] ?? 0),
        name: Uint32Array.from(columns.name),
        detail: Uint32Array.from(columns.detail),
        stage: Uint8Array.from(columns.stage),
        kind: Uint8Array.from(columns.kind),
      },
      calls: calls.map((call) => ({ ...call, variant: variants.indexOf(call.variant), startNanos: call.startNanos - earliest })),
      gc: this.#gc.map((pause) => ({ ...pause, startNanos: pause.startNanos - earliest })),
      lostSpans: this.#mistimed,
      complete: true,
    };
  }

  #relative(epochNanos: bigint): number {
    return Number(epochNanos - (this.#first?.start ?? epochNanos));
  }

  #addRow(node: SpanNode, parent: number, call: number): number {
    const columns = this.#columns;
    const { span, attributes, start } = node;
    const kind = SPAN_KINDS.find((known) => known === attributes.text(ATTRIBUTE.spanKind)) ?? 'stage';
    const stage = STAGES.find((known) => known === attributes.text(ATTRIBUTE.stage)) ?? 'unexplained';
    columns.startNanos.push(this.#relative(start));
    columns.durationNanos.push(durationOf(node));
    columns.parent.push(parent);
    columns.call.push(call);
    columns.name.push(this.#strings.add(attributes.text(ATTRIBUTE.spanName) ?? span.name));
    columns.detail.push(this.#details.add(detailFrom(attributes)));
    columns.stage.push(stageCode(stage));
    columns.kind.push(spanKindCode(kind));
    return columns.kind.length - 1;
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

  #addGcPauses({ span }: SpanNode): void {
    for (const event of span.events ?? []) {
      if (event.name !== 'gc') continue;
      const attributes = attributeReader(event.attributes);
      this.#gc.push({
        startNanos: this.#relative(BigInt(event.timeUnixNano)),
        durationNanos: attributes.amount(ATTRIBUTE.gcNanos) ?? 0,
        type: attributes.text(ATTRIBUTE.gcType) ?? 'unknown',
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
const isTimed = (node: SpanNode, { start }: SpanNode): boolean =>
  durationOf(node) <= LONGEST_SPAN_NANOS && Math.abs(Number(node.start - start)) <= LATEST_SPAN_NANOS / 2;

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

/** Indices of calls, the earliest first: pages come newest first, and the earliest variant is the baseline. */
const inOrderOfTime = (calls: readonly CallRecord[]): number[] =>
  calls.map((_, index) => index).sort((a, b) => (calls[a]?.startNanos ?? 0) - (calls[b]?.startNanos ?? 0));

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

/** Values stored once, numbered in the order met. */
class Interned<T> {
  readonly values: T[] = [];
  readonly #numbers = new Map<string, number>();

  constructor(private readonly keyOf: (value: T) => string) {}

  add(value: T): number {
    const key = this.keyOf(value);
    const known = this.#numbers.get(key);
    if (known !== undefined) return known;
    this.#numbers.set(key, this.values.length);
    return this.values.push(value) - 1;
  }
}
