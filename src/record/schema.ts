import { Ajv, type JSONSchemaType, type ValidateFunction } from 'ajv';

/** Shapes of the JSON chunks, checked when a recording is read: the first bad field is named. */
const text = { type: 'string' } as const;
const number = { type: 'number' } as const;
const tensor = {
  type: 'object',
  required: ['name', 'dtype', 'shape'],
  properties: { name: text, dtype: text, shape: { type: 'array', items: number } },
};

const meta = {
  type: 'object',
  required: ['version', 'originEpochNanos', 'model', 'environment', 'variants', 'inputSignature', 'batch', 'seed', 'tool'],
  properties: {
    version: number,
    originEpochNanos: { type: 'string', pattern: '^[0-9]+$' },
    model: {
      type: 'object',
      required: ['name', 'path', 'runtime', 'sha256', 'inputs', 'outputs'],
      properties: {
        name: text,
        path: { type: ['string', 'null'] },
        runtime: text,
        inputs: { type: 'array', items: tensor },
        outputs: { type: 'array', items: tensor },
      },
    },
    environment: {
      type: 'object',
      required: ['node', 'cpu', 'cpuCount', 'backend', 'packages', 'flags', 'threads'],
      properties: { node: text, cpu: text, cpuCount: number, backend: text, flags: { type: 'object', additionalProperties: text } },
    },
    variants: {
      type: 'array',
      items: { type: 'object', required: ['name', 'call'], properties: { name: text, call: text } },
    },
    inputSignature: text,
    batch: number,
    seed: number,
    tool: {
      type: 'object',
      required: ['insideNanos', 'outsideNanos', 'clockResolutionNanos'],
      properties: { insideNanos: number, outsideNanos: number, clockResolutionNanos: number },
    },
    pid: { type: 'integer', minimum: 0 },
    pair: { type: 'object', required: ['side', 'number', 'turns', 'name', 'looks'], properties: { name: text, looks: { type: 'array', items: { type: 'integer', minimum: 1 } }, side: { enum: ['baseline', 'candidate'] }, number: { type: 'integer', minimum: 1 }, turns: { enum: ['rounds', 'runs'] } } },
  },
};

const table = (items: object): object => ({
  type: 'object',
  required: ['first', 'values'],
  properties: { first: number, values: { type: 'array', items } },
});

const calls = {
  type: 'array',
  items: {
    type: 'object',
    required: ['variant', 'rootSpan', 'startNanos', 'latencyNanos', 'temperature', 'round', 'signature', 'batch'],
    properties: {
      variant: { type: 'integer', minimum: 0 },
      rootSpan: { type: 'integer', minimum: -1 },
      startNanos: number,
      latencyNanos: { type: 'number', minimum: 0 },
      temperature: { enum: ['cold-session', 'cold-signature', 'warm'] },
      round: { type: 'integer' },
      signature: text,
      batch: number,
      process: text,
      model: { type: 'integer', minimum: 0 },
      memory: { type: 'object', required: ['rssBytes', 'heapUsedBytes', 'externalBytes'], properties: { rssBytes: number, heapUsedBytes: number, externalBytes: number } },
    },
  },
};

const gc = {
  type: 'array',
  items: {
    type: 'object',
    required: ['startNanos', 'durationNanos', 'type'],
    properties: { startNanos: number, durationNanos: number, type: text },
  },
};

const end = { type: 'object', required: ['spans', 'calls', 'lostSpans'], properties: { spans: number, calls: number, lostSpans: number, lostCalls: { type: 'integer', minimum: 0 } } };

const conditions = {
  type: 'object',
  required: ['samples', 'cpuCount', 'probeNanos', 'preemptions', 'memory'],
  properties: {
    samples: number,
    cpuCount: { type: 'object', required: ['start', 'end'], properties: { start: number, end: number } },
    probeNanos: { type: 'object', required: ['low', 'median', 'high'], properties: { low: number, median: number, high: number } },
    referenceNanos: { type: 'object', required: ['low', 'median', 'high'], properties: { low: number, median: number, high: number } },
    preemptions: number,
    memory: { type: 'object', required: ['limitBytes', 'lowestAvailableBytes', 'majorFaults'], properties: { limitBytes: number, lowestAvailableBytes: number, majorFaults: number } },
  },
};
const peak = { type: 'object', required: ['flopsPerSecond', 'bytesPerSecond'], properties: { flopsPerSecond: { type: 'number', exclusiveMinimum: 0 }, bytesPerSecond: { type: 'number', exclusiveMinimum: 0 } } };

const trials = {
  type: 'array',
  items: {
    type: 'object',
    required: ['id', 'variant', 'change', 'ratio', 'interval', 'rounds'],
    properties: { id: text, variant: text, change: text, ratio: { type: ['number', 'null'] }, interval: { type: ['array', 'null'], items: number }, rounds: number, failure: text },
  },
};

const parity = { type: 'object', required: ['kind'], properties: { kind: { enum: ['compared', 'unlike', 'not-compared'] }, reason: text, outputs: number, absolute: { type: ['number', 'null'] }, relative: { type: ['number', 'null'] } } };

/** Compiled on first use: a run that reads no recording does not pay for it. */
export class ChunkSchemas {
  private readonly ajv = new Ajv({ allErrors: false });
  private readonly schemas: Readonly<Record<string, object>> = {
    meta,
    strings: table(text),
    details: table({ type: 'object' }),
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
