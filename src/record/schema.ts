import { Ajv, type JSONSchemaType, type ValidateFunction } from 'ajv';
import { amount, amounts, count, index, interval, meta, moment, orNull, ratio, text, texts } from '../model/schemas.js';

const yes = { type: 'boolean' } as const;

/** Shapes of the JSON chunks, checked when a recording is read: the first bad field is named. What `meta` holds is in model/schemas.ts. */
const table = (items: object): object => ({
  type: 'object',
  required: ['first', 'values'],
  properties: { first: count, values: { type: 'array', items } },
});

const heldGroup = {
  type: 'object',
  required: ['where', 'tensors', 'bytes', 'quarters', 'occasions', 'places'],
  properties: { where: { enum: ['call', 'outside', 'weights'] }, model: text, tensors: amount, bytes: amount, quarters: amounts, occasions: amount, places: texts },
};

const detail = {
  type: 'object',
  properties: {
    inputShapes: texts, outputShapes: texts, inputDtypes: texts, outputDtypes: texts, outputBytes: amount, node: text, layer: text, fused: texts, cause: text,
    repeat: amount, iterationNanos: amounts, flops: amount, bytesMoved: amount, allocatedBytes: amount,
    model: {
      type: 'object',
      required: ['id', 'architecture', 'name', 'runtime', 'parameters', 'instance'],
      properties: { id: text, architecture: text, name: text, runtime: text, parameters: orNull(count), instance: count },
    },
    held: { type: 'object', required: ['calls', 'alive', 'aliveAtHalf', 'groups'], properties: { calls: amount, alive: amount, aliveAtHalf: amount, groups: { type: 'array', items: heldGroup }, engine: amount } },
  },
};

const calls = {
  type: 'array',
  items: {
    type: 'object',
    required: ['variant', 'rootSpan', 'startNanos', 'latencyNanos', 'temperature', 'round', 'signature', 'batch'],
    properties: {
      variant: index, rootSpan: { type: 'integer', minimum: -1 }, startNanos: moment, latencyNanos: amount, temperature: { enum: ['cold-session', 'cold-signature', 'warm'] },
      round: { type: 'integer', minimum: -(2 ** 31), maximum: 2 ** 31 - 1 }, signature: text, batch: count, async: yes, traced: yes, error: text, traceId: text, parentSpanId: text, process: text,
      tensors: moment, tensorBytes: moment, model: index,
      memory: { type: 'object', required: ['rssBytes', 'heapUsedBytes', 'externalBytes'], properties: { rssBytes: amount, heapUsedBytes: amount, externalBytes: amount } },
    },
  },
};

const gc = {
  type: 'array',
  items: { type: 'object', required: ['startNanos', 'durationNanos', 'type'], properties: { startNanos: moment, durationNanos: amount, type: text } },
};

const end = { type: 'object', required: ['spans', 'calls', 'lostSpans'], properties: { spans: count, calls: count, lostSpans: count, lostCalls: count } };

const spread = { type: 'object', required: ['low', 'median', 'high'], properties: { low: amount, median: amount, high: amount } };
const conditions = {
  type: 'object',
  required: ['samples', 'cpuCount', 'probeNanos', 'preemptions', 'memory'],
  properties: {
    samples: count,
    cpuCount: { type: 'object', required: ['start', 'end'], properties: { start: count, end: count } },
    cpuMhz: orNull({ type: 'object', required: ['low', 'high'], properties: { low: amount, high: amount } }),
    probeNanos: spread,
    referenceNanos: spread,
    load: orNull({ type: 'object', required: ['start', 'end'], properties: { start: amount, end: amount } }),
    throttledNanos: orNull(amount),
    preemptions: amount,
    memory: {
      type: 'object',
      required: ['limitBytes', 'lowestAvailableBytes', 'majorFaults'],
      properties: { limitBytes: amount, lowestAvailableBytes: amount, majorFaults: amount, stalledNanos: orNull(amount) },
    },
  },
};
const peak = { type: 'object', required: ['flopsPerSecond', 'bytesPerSecond'], properties: { flopsPerSecond: { ...amount, exclusiveMinimum: 0 }, bytesPerSecond: { ...amount, exclusiveMinimum: 0 } } };

const building = { type: 'object', required: ['exactNanos', 'ratio', 'interval'], properties: { exactNanos: amount, ratio, interval } };
const traffic = {
  type: 'object',
  required: ['sizes', 'buckets', 'rows'],
  properties: {
    sizes: { type: 'array', items: { type: 'object', required: ['batch', 'calls'], properties: { batch: count, calls: count } } }, buckets: { type: 'array', items: count },
    rows: { enum: ['dependent', 'independent'] }, largestDifference: amount, building,
  },
  if: { properties: { rows: { const: 'dependent' } } },
  then: { required: ['largestDifference'] },
  else: { required: ['building'] },
};
const trials = {
  type: 'array',
  items: {
    type: 'object',
    required: ['id', 'variant', 'change', 'ratio', 'interval', 'rounds'],
    properties: { id: text, variant: text, change: text, ratio: orNull(ratio), interval: orNull(interval), rounds: count, baselineNanos: amount, buildingNanos: moment, traffic, failure: text },
  },
};

const parity = {
  type: 'object',
  required: ['kind'],
  properties: { kind: { enum: ['compared', 'unlike', 'not-compared'] }, reason: text, outputs: count, absolute: { anyOf: [{ type: 'null' }, { type: 'number', minimum: 0 }] }, relative: { anyOf: [{ type: 'null' }, { type: 'number', minimum: 0 }] } },
  if: { properties: { kind: { const: 'compared' } } },
  then: { required: ['outputs', 'absolute', 'relative'] },
  else: { required: ['reason'] },
};

/** Compiled on first use: a run that reads no recording does not pay for it. */
export class ChunkSchemas {
  private readonly ajv = new Ajv({ allErrors: false, strictTypes: false, strictRequired: false });
  private readonly schemas: Readonly<Record<string, object>> = {
    meta,
    strings: table(text),
    details: table(detail),
    calls,
    gc,
    end,
    conditions,
    peak,
    trials,
    parity,
  };
  private readonly compiled = new Map<string, ValidateFunction>();

  /** The sentence that names the first bad field, or undefined when the value is as it should be. */
  problem(chunk: string, value: unknown): string | undefined {
    let check = this.compiled.get(chunk);
    if (check === undefined) {
      check = this.ajv.compile(this.schemas[chunk] as unknown as JSONSchemaType<unknown>);
      this.compiled.set(chunk, check);
    }
    if (check(value)) return undefined;
    const error = check.errors?.[0];
    return `${chunk}${error?.instancePath ?? ''} ${error?.message ?? 'is wrong'}`;
  }
}
