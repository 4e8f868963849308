import { SpanStatusCode, diag, trace } from '@opentelemetry/api';
import type { Attributes, Context, HrTime, Span, Tracer } from '@opentelemetry/api';
import { spanShapeTable } from '../spans/span-attributes.js';
import type { RowLook, SpanShape } from '../spans/span-attributes.js';
import { ATTRIBUTE } from '../../model/attributes.js';
import { messageOf } from '../../model/errors.js';
import type { CallRecord, Recording } from '../../model/recording.js';
import { spanKindFromCode } from '../../model/span.js';
import type { SpanColumns } from '../../model/span.js';
import { stageFromCode } from '../../model/stage.js';
import type { InferenceInstrumentationConfig, SpanInfo } from './config.js';
import type { BatchedCall, EmissionPlan, FoldedKernels } from './emission-plan.js';

/** A call whose root span is open. */
export interface OpenCall {
  readonly root: Span;
  readonly parentContext: Context;
}

/** Names that a folded span lists; the others are in its count. */
const MAX_NAMES = 10;
const FOLDED_NAME = 'short-kernels';

/** Makes the spans of finished calls with the program's own tracer. */
export class CallEmitter {
  readonly #shapeOf: (look: RowLook) => SpanShape;

  constructor(
    private readonly tables: Pick<Recording, 'strings' | 'details'>,
    private readonly clock: (relativeNanos: number) => HrTime,
    private readonly tracer: () => Tracer,
    private readonly hook: InferenceInstrumentationConfig['spanHook'],
  ) {
    this.#shapeOf = spanShapeTable(tables);
  }

  /** Emits all spans of a call and ends its root; returns how many there were. */
  emit(rows: BatchedCall, plan: EmissionPlan, call: CallRecord, { root, parentContext }: OpenCall, rootAttributes: Attributes): number {
    const tracer = this.tracer();
    const contexts = new Map<number, Context>([[rows.first, trace.setSpan(parentContext, root)]]);
    for (const row of plan.rows) {
      const parent = contexts.get((rows.spans.parent[row] ?? -1) - rows.firstOfBatch);
      if (parent !== undefined) contexts.set(row, trace.setSpan(parent, this.#emitRow(tracer, rows.spans, row, parent)));
    }
    const placed = new Map<number, number>();
    for (const group of plan.folded) {
      const parent = contexts.get(group.parent);
      if (parent !== undefined) this.#emitFolded(tracer, group, parent, rows.spans, placed);
    }
    root.setAttributes(rootAttributes);
    if (plan.leftOut > 0) root.setAttributes({ [ATTRIBUTE.aggregateCount]: plan.leftOut, [ATTRIBUTE.aggregateNanos]: plan.leftOutNanos });
    if (call.error !== undefined) root.setStatus({ code: SpanStatusCode.ERROR, message: call.error });
    root.end(this.clock(call.startNanos + call.latencyNanos));
    return 1 + plan.rows.length + plan.folded.length;
  }

  #emitRow(tracer: Tracer, spans: SpanColumns, row: number, parent: Context): Span {
    const start = spans.startNanos[row] ?? 0;
    const durationNanos = spans.durationNanos[row] ?? 0;
    const look = { kind: spans.kind[row] ?? 0, stage: spans.stage[row] ?? 0, name: spans.name[row] ?? 0, detail: spans.detail[row] ?? 0 };
    const { name, attributes } = this.#shapeOf(look);
    const span = tracer.startSpan(name, { startTime: this.clock(start), attributes }, parent);
    if (this.hook !== undefined)
      this.#callHook(span, { name, kind: spanKindFromCode(look.kind), stage: stageFromCode(look.stage), durationNanos });
    span.end(this.clock(start + durationNanos));
    return span;
  }

  /** As long as what it stands for, one group after the other, and never outside of the parent. */
  #emitFolded(tracer: Tracer, group: FoldedKernels, parent: Context, spans: SpanColumns, placed: Map<number, number>): void {
    const parentEnd = (spans.startNanos[group.parent] ?? 0) + (spans.durationNanos[group.parent] ?? 0);
    const start = Math.min(Math.max(group.startNanos, placed.get(group.parent) ?? 0), parentEnd);
    const end = Math.min(start + group.nanos, parentEnd);
    placed.set(group.parent, end);
    const stage = stageFromCode(group.stage);
    const attributes = {
      [ATTRIBUTE.spanKind]: 'kernel',
      [ATTRIBUTE.stage]: stage,
      [ATTRIBUTE.aggregateCount]: group.count,
      [ATTRIBUTE.aggregateNanos]: group.nanos,
      [ATTRIBUTE.aggregateOps]: this.#namesOf(group),
    };
    const span = tracer.startSpan(FOLDED_NAME, { startTime: this.clock(start), attributes }, parent);
    if (this.hook !== undefined) this.#callHook(span, { name: FOLDED_NAME, kind: 'kernel', stage, durationNanos: end - start });
    span.end(this.clock(end));
  }

  /** The most frequent first, as `MatMul×12`. */
  #namesOf({ names }: FoldedKernels): string[] {
    const byCount = [...names].sort(([, a], [, b]) => b - a).slice(0, MAX_NAMES);
    return byCount.map(([name, count]) => `${this.tables.strings[name] ?? 'unknown'}×${count}`);
  }

  #callHook(span: Span, info: SpanInfo): void {
    try {
      this.hook?.(span, info);
    } catch (thrown) {
      diag.error(`inferscope: the spanHook threw: ${messageOf(thrown)}`);
    }
  }
}
