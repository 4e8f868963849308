import type { Attributes } from '@opentelemetry/api';
import { ATTRIBUTE } from '../../model/attributes.js';
import type { CallRecord, Environment, Recording } from '../../model/recording.js';
import { spanKindFromCode } from '../../model/span.js';
import type { SpanDetail, SpanKind } from '../../model/span.js';
import { stageFromCode } from '../../model/stage.js';

/** Attributes of a call's root span: what was called, with what, on what. Of a program's several models, the one that was called. */
export function callAttributes(
  { meta, details = [] }: Pick<Recording, 'meta'> & Partial<Pick<Recording, 'details'>>,
  call: CallRecord,
): Attributes {
  const variant = meta.variants[call.variant];
  const model = call.model === undefined ? undefined : details[call.model]?.model;
  return defined({
    [ATTRIBUTE.runtime]: meta.model.runtime,
    [ATTRIBUTE.variant]: variant?.name,
    [ATTRIBUTE.callStyle]: variant?.call,
    [ATTRIBUTE.temperature]: call.temperature,
    [ATTRIBUTE.signature]: call.signature,
    [ATTRIBUTE.batch]: call.batch,
    [ATTRIBUTE.modelName]: model?.name ?? meta.model.name,
    [ATTRIBUTE.modelHash]: meta.model.sha256 ?? undefined,
    [ATTRIBUTE.modelParameters]: (model ?? meta.model).parameters ?? undefined,
    [ATTRIBUTE.modelNodes]: meta.model.nodes ?? undefined,
    [ATTRIBUTE.round]: call.round === -1 ? undefined : call.round,
    [ATTRIBUTE.async]: call.async,
    [ATTRIBUTE.traced]: call.traced,
    [ATTRIBUTE.latency]: call.latencyNanos,
    [ATTRIBUTE.tensorsHeld]: call.tensors,
    [ATTRIBUTE.bytesHeld]: call.tensorBytes,
    [ATTRIBUTE.toolInside]: meta.tool.insideNanos,
    [ATTRIBUTE.toolOutside]: meta.tool.outsideNanos,
    [ATTRIBUTE.clockResolution]: meta.tool.clockResolutionNanos,
    // Only the message was recorded; the convention's word for "no known class" is `_OTHER`.
    [ATTRIBUTE.errorType]: call.error === undefined ? undefined : '_OTHER',
    ...environmentAttributes(meta.environment),
  });
}

/**
 * What the call ran on. On the root span and not on the resource: back ends index each resource attribute once for
 * every span, and a call has hundreds of spans.
 */
function environmentAttributes(environment: Environment): Attributes {
  return {
    [ATTRIBUTE.backend]: environment.backend,
    [ATTRIBUTE.tensorflow]: environment.tensorflow ?? undefined,
    [ATTRIBUTE.cpu]: environment.cpu,
    [ATTRIBUTE.cpuCount]: environment.cpuCount,
    [ATTRIBUTE.memoryBytes]: environment.memoryBytes,
    [ATTRIBUTE.arch]: environment.arch,
    [ATTRIBUTE.platform]: environment.platform,
    [ATTRIBUTE.v8]: environment.v8,
    [ATTRIBUTE.packages]: nonEmpty(Object.entries(environment.packages).map(([name, version]) => `${name}@${version}`)),
    [ATTRIBUTE.flags]: nonEmpty(Object.entries(environment.flags).map(([name, value]) => `${name}=${value}`)),
    [ATTRIBUTE.intraOpThreads]: environment.threads.intraOp ?? undefined,
    [ATTRIBUTE.interOpThreads]: environment.threads.interOp ?? undefined,
  };
}

const nonEmpty = (values: string[]): string[] | undefined => (values.length === 0 ? undefined : values);

/** Name and attributes that every span of the same kind, stage, name and detail shares. */
export interface SpanShape {
  readonly name: string;
  readonly attributes: Attributes;
}

/** The four numbers of a row that decide how its span looks. */
export interface RowLook {
  readonly kind: number;
  readonly stage: number;
  readonly name: number;
  readonly detail: number;
}

/** Gives a row's low-cardinality name and its attributes. */
export function spanShapes(recording: Recording): (row: number) => SpanShape {
  const { spans } = recording;
  const shapeOf = spanShapeTable(recording);
  return (row) =>
    shapeOf({ kind: spans.kind[row] ?? 0, stage: spans.stage[row] ?? 0, name: spans.name[row] ?? 0, detail: spans.detail[row] ?? 0 });
}

/**
 * Rows that differ in time only share one frozen object, so a million spans cost a few hundred attribute sets. The tables
 * may grow meanwhile.
 */
export function spanShapeTable({ strings, details }: Pick<Recording, 'strings' | 'details'>): (look: RowLook) => SpanShape {
  const known = new Map<number, SpanShape>();
  return ({ kind, stage, name, detail }) => {
    // Four small numbers in one: exact while a recording has fewer than 2^22 names and 2^25 details.
    const key = ((detail * 2 ** 22 + name) * 8 + kind) * 8 + stage;
    let shape = known.get(key);
    if (shape === undefined) {
      const recordedName = strings[name] ?? 'unknown';
      const kindName = spanKindFromCode(kind);
      shape = {
        name: lowCardinalityName(kindName, recordedName),
        attributes: shapeAttributes(kindName, stage, recordedName, details[detail] ?? {}),
      };
      known.set(key, shape);
    }
    return shape;
  };
}

/** Layer names are as many as models have layers, so they are an attribute; everything else is a short fixed list. */
const lowCardinalityName = (kind: SpanKind, name: string): string => (kind === 'layer' ? 'layer' : name);

function shapeAttributes(kind: SpanKind, stage: number, name: string, detail: SpanDetail): Attributes {
  return defined({
    [ATTRIBUTE.spanKind]: kind,
    [ATTRIBUTE.stage]: stageFromCode(stage),
    [ATTRIBUTE.spanName]: lowCardinalityName(kind, name) === name ? undefined : name,
    [ATTRIBUTE.op]: kind === 'kernel' || kind === 'dispatch' ? name : undefined,
    [ATTRIBUTE.node]: detail.node,
    [ATTRIBUTE.layer]: detail.layer ?? (kind === 'layer' ? name : undefined),
    [ATTRIBUTE.fused]: detail.fused?.slice(),
    [ATTRIBUTE.inputShapes]: detail.inputShapes?.slice(),
    [ATTRIBUTE.outputShapes]: detail.outputShapes?.slice(),
    [ATTRIBUTE.inputDtypes]: detail.inputDtypes?.slice(),
    [ATTRIBUTE.outputDtypes]: detail.outputDtypes?.slice(),
    [ATTRIBUTE.outputBytes]: detail.outputBytes,
    [ATTRIBUTE.repeat]: detail.repeat,
    [ATTRIBUTE.flops]: detail.flops,
    [ATTRIBUTE.bytesMoved]: detail.bytesMoved,
    [ATTRIBUTE.allocatedBytes]: detail.allocatedBytes,
    [ATTRIBUTE.cause]: detail.cause,
  });
}

/** Leaves out what was not measured: an absent attribute is honest, an empty one is not. */
function defined(attributes: Attributes): Attributes {
  const known: Attributes = {};
  for (const name in attributes) {
    const value = attributes[name];
    if (value !== undefined) known[name] = value;
  }
  return known;
}
