import { amount, amounts, count, orNull, text, texts } from '../model/schemas.js';
import type { RunFacts, RunNote } from '../model/run-facts.js';

const object = (properties: Readonly<Record<string, object>>): object => ({
  type: 'object',
  required: Object.keys(properties),
  properties,
});

const fromStore = object({ url: text, service: text, calls: count, spans: count, hosts: count });

/** What a note of each kind holds. */
const NOTES: Readonly<Record<RunNote['kind'], object>> = {
  said: { ...object({ sentence: text }), properties: { sentence: text, of: { enum: ['missing'] } } },
  'plain-backend': object({ backend: text, how: { enum: ['chosen', 'asked for'] } }),
  'no-session-kernels': object({ reason: text }),
  'no-passes': object({ reason: text }),
  'same-graph': object({ variants: texts }),
  'first-operation': object({ millis: amount }),
  stopped: object({ what: { enum: ['variant', 'control'] }, variant: text, reason: text }),
  interrupted: object({ by: { enum: ['user', 'python'] } }),
  'from-jaeger': fromStore,
  'from-clickhouse': fromStore,
  keras: object({ version: text, backend: text, python: text, executable: text }),
  'keras-overhead': object({ ratios: { type: 'array', items: object({ variant: text, ratio: amount }) } }),
  'keras-growth': object({ variant: text, bytesPerCall: amount, nanos: orNull(amount) }),
  'keras-rebuilt': object({ functions: texts, variants: texts }),
  'keras-seams': object({ missing: texts }),
};

const pass = {
  ...object({ name: text, runs: count, nanos: amount }),
  anyOf: [
    object({ nodeChange: { type: 'integer', minimum: -Number.MAX_SAFE_INTEGER, maximum: Number.MAX_SAFE_INTEGER }, nodesAfter: count }),
    object({ step: { enum: ['load', 'pass', 'pack-and-plan'] }, changedRuns: count }),
  ],
};

const triple = { ...amounts, minItems: 3, maxItems: 3 };

const load = {
  type: 'object',
  required: ['variant', 'arrivals', 'lastedNanos', 'requests', 'unserved'],
  properties: {
    variant: text,
    arrivals: {
      oneOf: [
        object({ kind: { enum: ['poisson', 'constant'] }, perSecond: amount }),
        object({ kind: { const: 'trace' }, name: text, perSecond: amount }),
        object({ kind: { const: 'closed' }, callers: count }),
      ],
    },
    lastedNanos: amount,
    requests: { type: 'array', items: triple },
    unserved: count,
    failure: text,
    together: { type: 'array', items: object({ requests: count, nanos: amount }) },
  },
};

/** Shape of a `parity` chunk, and of what a run tells of each variant. */
export const parity = {
  type: 'object',
  required: ['kind'],
  properties: {
    kind: { enum: ['compared', 'unlike', 'not-compared'] },
    reason: text,
    outputs: count,
    output: text,
    inputs: { enum: ['channels moved'] },
    absolute: { anyOf: [{ type: 'null' }, { type: 'number', minimum: 0 }] },
    relative: { anyOf: [{ type: 'null' }, { type: 'number', minimum: 0 }] },
  },
  if: { properties: { kind: { const: 'compared' } } },
  then: { required: ['outputs', 'absolute', 'relative'] },
  else: { required: ['reason'] },
};

/** Shape of a `run` chunk. Of a note of an unknown kind nothing is asked. */
export const runFacts = {
  type: 'object',
  required: ['notes'],
  properties: {
    notes: {
      type: 'array',
      items: {
        ...object({ kind: text }),
        allOf: Object.entries(NOTES).map(([kind, then]) => ({ if: { properties: { kind: { const: kind } } }, then })),
      },
    },
    passes: { type: 'array', items: pass },
    loads: { type: 'array', items: load },
    outputs: { type: 'array', items: object({ variant: text, parity }) },
  },
};

/** Shape of an `outside` chunk. */
export const outsideKernels = { type: 'array', items: object({ name: text, count: amount, nanos: amount }) };

/** Without notes of kinds that this Inferscope does not know. */
export const knownNotes = (facts: RunFacts): RunFacts => ({
  ...facts,
  notes: facts.notes.filter(({ kind }) => Object.hasOwn(NOTES, kind)),
});
