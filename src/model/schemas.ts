/**
 * Shapes of what files of ours hold (JSON Schema): recordings and baselines are checked against these as they are read, so
 * that nothing behind the door meets a missing field or a number that cannot be. Numbers that are none (NaN, Infinity) are
 * refused by the checker itself.
 */
export const text = { type: 'string' } as const;
/** 31 years in nanoseconds: what is more is no duration, and sums of many still are finite numbers. */
const MAX_AMOUNT = 1e18;
/** A duration, a size, a rate. */
export const amount = { type: 'number', minimum: 0, maximum: MAX_AMOUNT } as const;
/** What may be below zero: a change, or a moment, which counts from an origin or from 1970. */
export const moment = { type: 'number', minimum: -10 * MAX_AMOUNT, maximum: 10 * MAX_AMOUNT } as const;
/** How many: beyond a billion nothing of ours counts. */
export const count = { type: 'integer', minimum: 0, maximum: Number.MAX_SAFE_INTEGER } as const;
/** An index into a list; whether it is inside is checked where the list is known. */
export const index = { type: 'integer', minimum: 0, maximum: 2 ** 32 - 1 } as const;
export const texts = { type: 'array', items: text } as const;
export const amounts = { type: 'array', items: amount } as const;
const orNone = <Schema extends object>(schema: Schema) => ({ anyOf: [{ type: 'null' }, schema] });
/** A property that may be unknown. Where it is missing, a checker that fills in defaults makes it null, which all behind the door know. */
export const orNull = <Schema extends object>(schema: Schema) => ({ ...orNone(schema), default: null });
/** A ratio or a bound of one. */
export const ratio = { type: 'number', minimum: 0, maximum: MAX_AMOUNT } as const;
export const interval = {
  type: 'array',
  items: { type: 'number', minimum: -MAX_AMOUNT, maximum: MAX_AMOUNT },
  minItems: 2,
  maxItems: 2,
} as const;
export const texted = { type: 'object', additionalProperties: text } as const;

/** An input or output of a model. */
export const tensor = {
  type: 'object',
  required: ['name', 'dtype', 'shape'],
  properties: {
    name: text,
    dtype: text,
    shape: { type: 'array', items: { type: 'integer', minimum: -1, maximum: Number.MAX_SAFE_INTEGER }, maxItems: 64 },
  },
};
const optionalCount = orNull(count);

const model = {
  type: 'object',
  required: ['name', 'path', 'runtime', 'sha256', 'inputs', 'outputs'],
  properties: {
    name: text,
    path: orNull(text),
    runtime: text,
    sha256: orNull(text),
    parameters: optionalCount,
    nodes: optionalCount,
    inputs: { type: 'array', items: tensor },
    outputs: { type: 'array', items: tensor },
    tags: texts,
    signature: text,
  },
};

const environment = {
  type: 'object',
  required: [
    'inferscope',
    'node',
    'v8',
    'platform',
    'arch',
    'cpu',
    'cpuCount',
    'memoryBytes',
    'backend',
    'tensorflow',
    'packages',
    'threads',
    'flags',
    'hostHash',
  ],
  properties: {
    inferscope: text,
    node: text,
    v8: text,
    platform: text,
    arch: text,
    cpu: text,
    cpuCount: count,
    memoryBytes: amount,
    backend: text,
    tensorflow: orNull(text),
    packages: texted,
    threads: { type: 'object', properties: { intraOp: optionalCount, interOp: optionalCount } },
    flags: texted,
    hostHash: text,
    restored: texts,
  },
};

const pair = {
  type: 'object',
  required: ['side', 'number', 'turns', 'name', 'looks'],
  properties: {
    name: text,
    looks: { type: 'array', items: { type: 'integer', minimum: 1 } },
    side: { enum: ['baseline', 'candidate'] },
    number: { type: 'integer', minimum: 1 },
    turns: { enum: ['rounds', 'runs'] },
  },
};

/** What a recording, and a baseline made of some, is about. */
export const meta = {
  type: 'object',
  required: ['version', 'originEpochNanos', 'model', 'environment', 'variants', 'inputSignature', 'batch', 'seed', 'tool'],
  properties: {
    version: { type: 'integer' },
    originEpochNanos: { type: 'string', pattern: '^[0-9]{1,20}$' },
    model,
    environment,
    variants: { type: 'array', items: { type: 'object', required: ['name', 'call'], properties: { name: text, call: text, model: text } } },
    inputSignature: text,
    batch: count,
    seed: { type: 'number', minimum: -Number.MAX_VALUE, maximum: Number.MAX_VALUE },
    tool: {
      type: 'object',
      required: ['insideNanos', 'outsideNanos', 'clockResolutionNanos'],
      properties: { insideNanos: amount, outsideNanos: amount, clockResolutionNanos: amount },
    },
    skipped: texts,
    pid: count,
    pair,
  },
};

const sessions = { type: 'array', minItems: 2, items: { type: 'number', exclusiveMinimum: 0, maximum: MAX_AMOUNT } };

/** What `inferscope baseline` writes. */
export const baseline = {
  type: 'object',
  required: ['baselineVersion', 'meta', 'variants'],
  properties: {
    madeAt: text,
    meta,
    variants: {
      type: 'array',
      minItems: 1,
      items: {
        type: 'object',
        required: ['key', 'sessionNanos', 'sessionReferenceNanos', 'sessionLoopNanos', 'stageNanos'],
        properties: {
          key: text,
          sessionNanos: sessions,
          sessionReferenceNanos: sessions,
          sessionLoopNanos: sessions,
          sessionPercentiles: {
            type: 'array',
            items: {
              type: 'array',
              minItems: 99,
              maxItems: 99,
              items: orNone({ type: 'number', exclusiveMinimum: 0, maximum: MAX_AMOUNT }),
            },
          },
          stageNanos: { type: 'object', additionalProperties: amount },
        },
      },
    },
  },
};
