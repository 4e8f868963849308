/**
 * How the OpenTelemetry collector's ClickHouse exporter lays its table of spans out, and how that is asked for in SQL. Since 2023
 * it changed in small things: the version of the scope was an attribute once, a duration signed, a status spelled otherwise; where
 * the exporter is told so, attributes are in columns of type JSON and not in maps.
 */
import { ATTRIBUTE } from '../../model/attributes.js';
import { EXIT, UserError } from '../../model/errors.js';
import type { ClickHouseAddress } from './address.js';
import { UnknownTable, type Select } from './ask.js';

export interface Layout {
  /** Quoted. */
  readonly table: string;
  readonly columns: ReadonlySet<string>;
  readonly attributes: 'map' | 'json';
}

const NEEDED = [
  'Timestamp',
  'TraceId',
  'SpanId',
  'ParentSpanId',
  'SpanName',
  'ServiceName',
  'ResourceAttributes',
  'SpanAttributes',
  'Duration',
  'StatusCode',
  'StatusMessage',
  'Events.Timestamp',
  'Events.Name',
  'Events.Attributes',
];

/** @throws UserError where there is no such table, or it is of another kind */
export async function layoutOf(select: Select, address: ClickHouseAddress): Promise<Layout> {
  const { database, table, origin } = address;
  const quoted = `${identifier(database)}.${identifier(table)}`;
  const described = await select(`DESCRIBE TABLE ${quoted}`).catch(async (thrown: unknown) => {
    throw thrown instanceof UnknownTable ? await withOthers(thrown, select, origin) : thrown;
  });
  const types = new Map(described.map(({ name, type }) => [String(name), String(type)]));
  const missing = NEEDED.find((name) => !types.has(name));
  if (missing !== undefined)
    throw new UserError(
      `${database}.${table} has no column ${missing}, so it is no table of spans as the OpenTelemetry collector writes it: name that with ${origin}/DATABASE?table=TABLE.`,
      EXIT.badInput,
    );
  return {
    table: quoted,
    columns: new Set(types.keys()),
    attributes: /^(?:JSON|Object)\b/.test(types.get('SpanAttributes') ?? '') ? 'json' : 'map',
  };
}

/** Tables that look like the one that was looked for. */
async function withOthers(thrown: UnknownTable, select: Select, origin: string): Promise<UserError> {
  const found = await select(
    `SELECT database, table FROM system.columns WHERE name = 'ParentSpanId' ORDER BY table != 'otel_traces', database, table LIMIT 3`,
  ).catch(() => []);
  const others = found.map(({ database, table }) => {
    const name = encodeURIComponent(String(table));
    return `${origin}/${encodeURIComponent(String(database))}${name === 'otel_traces' ? '' : `?table=${name}`}`;
  });
  const remedy = others.length === 0 ? `give the collector's with ${origin}/DATABASE?table=TABLE` : `use ${others.join(' or ')}`;
  return new UserError(`${thrown.message.replace(/\.$/, '')}: ${remedy}.`, EXIT.notFound, { cause: thrown });
}

/** A name as SQL takes it. */
const identifier = (name: string): string => `\`${name.replace(/[\\`]/g, '\\$&')}\``;

/** A text as SQL takes it. */
export const literal = (text: string): string => `'${text.replace(/[\\']/g, '\\$&')}'`;

/** The value of an attribute as text, empty where there is none. */
export const attributeOf = ({ attributes }: Layout, column: 'SpanAttributes' | 'ResourceAttributes', name: string): string =>
  attributes === 'map' ? `${column}[${literal(name)}]` : `ifNull(toString(getSubcolumn(${column}, ${literal(name)})), '')`;

/** Holds for spans that are inference calls, see `isCall` in span-tree.ts. */
export const isCall = (layout: Layout): string =>
  `(${attributeOf(layout, 'SpanAttributes', ATTRIBUTE.spanKind)} = 'call' AND ${attributeOf(layout, 'SpanAttributes', ATTRIBUTE.temperature)} != '')`;

/** Holds for spans that begin in `[from, to)`, epoch nanoseconds. */
export const beginsIn = (from: bigint, to: bigint): string =>
  `Timestamp >= fromUnixTimestamp64Nano(toInt64(${literal(String(from))})) AND Timestamp < fromUnixTimestamp64Nano(toInt64(${literal(String(to))}))`;

/**
 * What is read of a span, with the names of `StoredSpan` (rows.ts). Resources are read of calls alone. A JSON column
 * gives a value and what is below its name under one key, of which readers keep one: such names are asked for by themselves.
 */
export function columnsOf(layout: Layout): string {
  const forked = layout.attributes === 'json' ? FORKED : [];
  return [
    'TraceId AS traceId',
    'SpanId AS spanId',
    'ParentSpanId AS parentSpanId',
    'SpanName AS name',
    'toString(toUnixTimestamp64Nano(Timestamp)) AS start',
    'toString(Duration) AS duration',
    'StatusCode AS status',
    'StatusMessage AS message',
    `${layout.columns.has('ScopeVersion') ? 'ScopeVersion' : attributeOf(layout, 'SpanAttributes', 'otel.scope.version')} AS scopeVersion`,
    `if(${isCall(layout)}, toJSONString(ResourceAttributes), '') AS resource`,
    'toJSONString(SpanAttributes) AS attributes',
    `[${forked.map((name) => attributeOf(layout, 'SpanAttributes', name)).join(', ')}] AS forked`,
    'arrayMap(at -> toString(toUnixTimestamp64Nano(at)), Events.Timestamp) AS eventTimes',
    'Events.Name AS eventNames',
    'toJSONString(Events.Attributes) AS eventAttributes',
  ].join(', ');
}

const NAMES = Object.values(ATTRIBUTE);
/** Names of attributes that others of ours begin with. */
export const FORKED = NAMES.filter((name) => NAMES.some((other) => other.startsWith(`${name}.`)));
