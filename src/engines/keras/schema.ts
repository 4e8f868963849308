import { Ajv } from 'ajv';
import { amount, count, index, orNull, tensor, text, texted, texts } from '../../model/schemas.js';
import { shapeCheck, type ShapeProblem } from '../../model/shape-check.js';
import type { AgentRecord } from './protocol.js';
import { messageOf } from '../../model/errors.js';

/** Shapes of the agent's lines, checked as they are read: what passes makes a recording that reads back. */
const yes = { type: 'boolean' } as const;
/** Whole nanoseconds, of which sums are exact; moments are on the agent's own clock. */
const nanos = { type: 'integer', minimum: 0, maximum: Number.MAX_SAFE_INTEGER } as const;
const moment = { type: 'integer', minimum: -Number.MAX_SAFE_INTEGER, maximum: Number.MAX_SAFE_INTEGER } as const;
/** A duration, or -1 for a span that was still open when its call ended. */
const openNanos = { ...nanos, minimum: -1 } as const;
/** A row, or -1 for none. */
const rowOrNone = { ...index, minimum: -1, maximum: 2 ** 31 - 1 } as const;
const listOf = (items: object): object => ({ type: 'array', items });
const object = (properties: Readonly<Record<string, object>>, optional: Readonly<Record<string, object>> = {}): object => ({
  type: 'object',
  required: Object.keys(properties),
  properties: { ...properties, ...optional },
});

const columns = object({
  start: listOf(moment),
  duration: listOf(openNanos),
  parent: listOf(rowOrNone),
  name: listOf(index),
  stage: listOf(index),
  kind: listOf(index),
  detail: listOf(index),
});
const trace = object({ row: index, graph: { enum: ['input-pipeline', 'model'] }, function: text, cause: text, change: text });
const pause = object({ startNanos: moment, durationNanos: nanos, generation: count });
const kernelTrace = object({ format: { enum: ['run-metadata', 'xplane'] }, data: text, startNanos: moment });

const SHAPES: Readonly<Record<AgentRecord['type'], object>> = {
  hello: object({ protocol: count, pid: count, stages: texts, kinds: texts }),
  clock: object({ atNanos: moment, epochNanos: { type: 'string', pattern: '^[0-9]{1,19}$' }, errorNanos: moment }),
  versions: object({ packages: texted, backend: text, executable: text }),
  seams: object({ found: listOf(object({ seam: text, place: text })), missing: listOf(object({ seam: text, tried: texts })) }),
  tool: object({ insideNanos: amount, outsideNanos: amount, clockResolutionNanos: amount }),
  model: object({ name: text, parameters: orNull(count), layers: orNull(count), inputs: listOf(tensor), outputs: listOf(tensor) }),
  input: object({ signature: text, batch: count }),
  variant: object({ index, name: text, call: text }),
  unavailable: object({ variant: text, reason: text }, { index }),
  agreement: object({ index, largestRelativeDifference: orNull({ ...amount, maximum: Number.MAX_VALUE }) }),
  memory: object({ index, bytes: moment, calls: count }),
  names: object({ strings: texts, details: listOf(texted) }),
  call: object(
    {
      variant: index,
      round: { ...rowOrNone, minimum: -(2 ** 31) },
      temperature: { enum: ['cold-session', 'cold-signature', 'warm'] },
      startNanos: moment,
      latencyNanos: nanos,
      signature: text,
      batch: count,
    },
    {
      error: text,
      spans: columns,
      traces: listOf(trace),
      gc: listOf(pause),
      traceId: text,
      parentSpanId: text,
      traced: yes,
      trace: kernelTrace,
      memory: object({ rssBytes: count, peakRssBytes: count }),
    },
  ),
  retrace: object({ call: text, traced: yes, cause: orNull(text), change: orNull(text) }),
  progress: object({ phase: text, done: count, of: count }, { remainingMillis: moment }),
  note: object({ text }),
  error: object({ kind: text, message: text }, { traceback: text }),
  end: object({}),
};

const CHECKS = new Map(
  Object.entries(SHAPES).map(([type, schema]) => [type, shapeCheck(() => new Ajv({ strictTypes: false }).compile(schema))]),
);

/** True for a type of record that there is. */
export const isAgentRecordType = (type: unknown): type is AgentRecord['type'] => typeof type === 'string' && CHECKS.has(type);

/** What is wrong with a record of this type; null where nothing is. */
export const recordProblem = (type: AgentRecord['type'], record: unknown): ShapeProblem | null => CHECKS.get(type)?.(record) ?? null;

/** `JSON.stringify` gives undefined for what is missing, whatever its type says. */
export const shown = (value: unknown): string => (value === undefined ? 'none' : JSON.stringify(value).slice(0, 80));

/**
 * Reads one line of the agent's pipe.
 *
 * @throws Error naming the field, for a line that is no record: a broken installation, never a user's mistake.
 */
export function parseAgentRecord(line: string): AgentRecord {
  let value: unknown;
  try {
    value = JSON.parse(line);
  } catch (error) {
    throw new Error(`the Keras agent sent a line that is not JSON (${messageOf(error)}): ${line.slice(0, 120)}`, { cause: error });
  }
  const type = typeof value === 'object' && value !== null && 'type' in value ? value.type : undefined;
  if (!isAgentRecordType(type)) throw new Error(`the Keras agent sent a record of the unknown type ${shown(type)}`);
  const problem = recordProblem(type, value);
  if (problem !== null)
    throw new Error(`the Keras agent sent a ${type} record: ${problem.field === '' ? 'it' : `its field ${problem.field}`} ${problem.why}`);
  return value as AgentRecord;
}
