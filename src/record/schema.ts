import { Ajv } from 'ajv';
import { THREAD_GROUPS } from '../model/cpu.js';
import { amount, amounts, count, index, interval, meta, moment, orNull, ratio, text, texts } from '../model/schemas.js';
import { outsideKernels, parity, runFacts } from './run-schema.js';
import { shapeCheck, type ShapeProblem } from '../model/shape-check.js';

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
  properties: {
    where: { enum: ['call', 'outside', 'weights'] },
    model: text,
    tensors: amount,
    bytes: amount,
    quarters: amounts,
    occasions: amount,
    places: texts,
  },
};

const cpuTimes = { type: 'object', required: ['nanos', 'systemNanos'], properties: { nanos: amount, systemNanos: amount } };
const cpu = {
  type: 'object',
  required: ['calls', 'wallNanos', 'process'],
  properties: {
    calls: count,
    otherCalls: count,
    wallNanos: amount,
    process: cpuTimes,
    threads: {
      type: 'object',
      required: [...THREAD_GROUPS, 'nativeThreads', 'waitNanos'],
      properties: { javascript: cpuTimes, native: cpuTimes, other: cpuTimes, nativeThreads: count, waitNanos: amount },
    },
    limit: { type: 'object', required: ['cores', 'throttledNanos'], properties: { cores: amount, throttledNanos: amount } },
  },
};

const detail = {
  type: 'object',
  properties: {
    inputShapes: texts,
    outputShapes: texts,
    inputDtypes: texts,
    outputDtypes: texts,
    outputBytes: amount,
    node: text,
    layer: text,
    fused: texts,
    cause: text,
    repeat: amount,
    iterationNanos: amounts,
    flops: amount,
    bytesMoved: amount,
    allocatedBytes: amount,
    model: {
      type: 'object',
      required: ['id', 'architecture', 'name', 'runtime', 'parameters', 'instance'],
      properties: { id: text, architecture: text, name: text, runtime: text, parameters: orNull(count), instance: count },
    },
    held: {
      type: 'object',
      required: ['calls', 'alive', 'aliveAtHalf', 'groups'],
      properties: { calls: amount, alive: amount, aliveAtHalf: amount, groups: { type: 'array', items: heldGroup }, engine: amount },
    },
  },
};

const calls = {
  type: 'array',
  items: {
    type: 'object',
    required: ['variant', 'rootSpan', 'startNanos', 'latencyNanos', 'temperature', 'round', 'signature', 'batch'],
    properties: {
      variant: index,
      rootSpan: { type: 'integer', minimum: -1 },
      startNanos: moment,
      latencyNanos: amount,
      temperature: { enum: ['cold-session', 'cold-signature', 'warm'] },
      round: { type: 'integer', minimum: -(2 ** 31), maximum: 2 ** 31 - 1 },
      signature: text,
      batch: count,
      async: yes,
      traced: yes,
      error: text,
      traceId: text,
      parentSpanId: text,
      process: text,
      tensors: moment,
      tensorBytes: moment,
      model: index,
      memory: {
        type: 'object',
        required: ['rssBytes', 'heapUsedBytes', 'externalBytes'],
        properties: {
          rssBytes: amount,
          heapUsedBytes: amount,
          externalBytes: amount,
          heapTotalBytes: amount,
          arrayBuffersBytes: amount,
          tensorBytes: amount,
          peakRssBytes: amount,
          collected: yes,
        },
      },
      cpu,
    },
  },
};

const gc = {
  type: 'array',
  items: {
    type: 'object',
    required: ['startNanos', 'durationNanos', 'type'],
    properties: { startNanos: moment, durationNanos: amount, type: text, process: text },
  },
};

const end = {
  type: 'object',
  required: ['spans', 'calls', 'lostSpans'],
  properties: { spans: count, calls: count, lostSpans: count, lostCalls: count, openCalls: count },
};

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
const peak = {
  type: 'object',
  required: ['flopsPerSecond', 'bytesPerSecond'],
  properties: { flopsPerSecond: { ...amount, exclusiveMinimum: 0 }, bytesPerSecond: { ...amount, exclusiveMinimum: 0 } },
};

const building = { type: 'object', required: ['exactNanos', 'ratio', 'interval'], properties: { exactNanos: amount, ratio, interval } };
const traffic = {
  type: 'object',
  required: ['sizes', 'buckets', 'rows'],
  properties: {
    sizes: { type: 'array', items: { type: 'object', required: ['batch', 'calls'], properties: { batch: count, calls: count } } },
    buckets: { type: 'array', items: count },
    rows: { enum: ['dependent', 'independent'] },
    largestDifference: amount,
    building,
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
    properties: {
      id: text,
      variant: text,
      change: text,
      ratio: orNull(ratio),
      interval: orNull(interval),
      rounds: count,
      threads: count,
      baselineNanos: amount,
      buildingNanos: moment,
      traffic,
      failure: text,
    },
  },
};

const ajv = (): Ajv => new Ajv({ allErrors: false, strictTypes: false, strictRequired: false, useDefaults: true });
const checkOf = (schema: object): ((value: unknown) => ShapeProblem | null) => shapeCheck(() => ajv().compile(schema));

const CHECKS: Readonly<Record<string, (value: unknown) => ShapeProblem | null>> = {
  meta: checkOf(meta),
  strings: checkOf(table(text)),
  details: checkOf(table(detail)),
  calls: checkOf(calls),
  gc: checkOf(gc),
  end: checkOf(end),
  conditions: checkOf(conditions),
  peak: checkOf(peak),
  trials: checkOf(trials),
  parity: checkOf(parity),
  run: checkOf(runFacts),
  outside: checkOf(outsideKernels),
};

/** The sentence that names the first bad field of a chunk, or undefined when the value is as it should be. */
export function chunkProblem(chunk: string, value: unknown): string | undefined {
  const problem = CHECKS[chunk]?.(value) ?? null;
  return problem === null
    ? undefined
    : `${chunk}${problem.field === '' || problem.field.startsWith('[') ? '' : '.'}${problem.field} ${problem.why}`;
}
