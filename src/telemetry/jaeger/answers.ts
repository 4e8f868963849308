import { Ajv } from 'ajv';
import { EXIT, UserError } from '../../model/errors.js';
import type { TracesData } from '../../model/otlp.js';
import { text, texts } from '../../model/schemas.js';
import { shapeCheck, type ShapeProblem } from '../../model/shape-check.js';

const listOf = (items: object): object => ({ type: 'array', items });
const object = (required: readonly string[], properties: object): object => ({ type: 'object', required, properties });
/** Nanoseconds since 1970, as text in OTLP's JSON. */
const nanos = { type: 'string', pattern: '^[0-9]{1,19}$' } as const;
const number = { type: 'number', minimum: -Number.MAX_VALUE, maximum: Number.MAX_VALUE } as const;
const whole = {
  anyOf: [
    { type: 'string', pattern: '^-?[0-9]{1,20}$' },
    { type: 'integer', minimum: -Number.MAX_VALUE, maximum: Number.MAX_VALUE },
  ],
};
const scalar = { type: 'object', properties: { stringValue: text, boolValue: { type: 'boolean' }, intValue: whole, doubleValue: number } };
const value = { ...scalar, properties: { ...scalar.properties, arrayValue: object([], { values: listOf(scalar) }) } };
const attributes = listOf(object(['key'], { key: text, value }));
const event = object([], { name: text, timeUnixNano: nanos, attributes });
/** What is empty is left out of a protocol buffer's JSON: a span may have no name. */
const span = object(['traceId', 'spanId', 'startTimeUnixNano', 'endTimeUnixNano'], {
  traceId: text,
  spanId: text,
  parentSpanId: text,
  name: { ...text, default: '' },
  startTimeUnixNano: nanos,
  endTimeUnixNano: nanos,
  attributes,
  events: listOf(event),
});
const resource = object([], { resource: object([], { attributes }), scopeSpans: listOf(object([], { spans: listOf(span) })) });

/** What each question to Jaeger's query API is answered with. */
const ANSWERS = {
  services: check({ type: ['object', 'null'], properties: { services: texts } }),
  ids: check({ type: ['object', 'null'], properties: { data: listOf(object(['traceID'], { traceID: text })) } }),
  traces: check({ type: ['object', 'null'], properties: { result: object([], { resourceSpans: listOf(resource) }) } }),
} as const;

function check(schema: object): (value: unknown) => ShapeProblem | null {
  return shapeCheck(() => new Ajv({ strictTypes: false, allowUnionTypes: true, useDefaults: true }).compile(schema));
}

interface Answers {
  readonly services: { readonly services?: readonly string[] } | null;
  readonly ids: { readonly data?: readonly { readonly traceID: string }[] } | null;
  readonly traces: { readonly result?: TracesData } | null;
}

/**
 * The body of a Jaeger's answer, checked whole: a proxy's page, or another service on that port, is told as what it is.
 *
 * @throws UserError that names the address and the field at fault
 */
export function jaegerAnswer<Kind extends keyof Answers>(kind: Kind, body: string, base: string): Answers[Kind] {
  let json: unknown;
  try {
    json = JSON.parse(body);
  } catch (cause) {
    throw new UserError(
      `${base} answered with something that is no JSON, so it is no query address of a Jaeger: give one such as http://localhost:16686.`,
      EXIT.unavailable,
      { cause },
    );
  }
  const problem = ANSWERS[kind](json);
  if (problem !== null)
    throw new UserError(
      `${base} gave an answer that no Jaeger 2 gives (${problem.field === '' ? 'it' : problem.field} ${problem.why}): check the address.`,
      EXIT.unavailable,
    );
  return json as Answers[Kind];
}
