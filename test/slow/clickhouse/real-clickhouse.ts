import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import type { KeyValue, OtlpEvent, OtlpSpan, TracesData } from '../../../src/model/otlp.js';
import { environment } from '../keras/environments.js';

/** The engine of ClickHouse behind its HTTP interface; null, with the reason printed, where no Python can have it. */
export async function startClickHouse(...credentials: readonly string[]): Promise<RealClickHouse | null> {
  const python = await environment('clickhouse');
  if (python === null) return null;
  const folder = mkdtempSync(path.join(tmpdir(), 'inferscope-clickhouse-'));
  const child = spawn(python, ['test/slow/clickhouse/server.py', folder, ...credentials], { stdio: ['ignore', 'pipe', 'inherit'] });
  const [port] = (await once(child.stdout, 'data')) as [Buffer];
  return new RealClickHouse(`http://127.0.0.1:${String(port).trim()}`, () => child.kill());
}

export class RealClickHouse {
  constructor(
    readonly origin: string,
    readonly stop: () => void,
  ) {}

  async run(sql: string): Promise<string> {
    const response = await fetch(this.origin, { method: 'POST', body: sql });
    const text = await response.text();
    if (!response.ok) throw new Error(`${sql.slice(0, 200)}: ${text}`);
    return text;
  }

  /** Makes a table of that layout and puts spans into it. */
  async fill(table: string, layout: Layout, data: TracesData): Promise<void> {
    await this.run(
      `CREATE TABLE IF NOT EXISTS ${table} (${layout.columns}) ENGINE = MergeTree PARTITION BY toDate(Timestamp) ORDER BY ${layout.order}`,
    );
    const rows = (data.resourceSpans ?? []).flatMap(({ resource, scopeSpans }) =>
      (scopeSpans ?? []).flatMap(({ scope, spans }) =>
        (spans ?? []).map((span) =>
          layout.row(span, resource?.attributes ?? [], { name: scope?.name ?? '', version: scope?.version ?? '' }),
        ),
      ),
    );
    await this.run(`INSERT INTO ${table} FORMAT JSONEachRow ${rows.map((row) => JSON.stringify(row)).join('\n')}`);
  }
}

interface Scope {
  readonly name: string;
  readonly version: string;
}

/** How a version of the collector's exporter lays out its table, and writes a span into it. */
export interface Layout {
  readonly columns: string;
  readonly order: string;
  row(span: OtlpSpan, resource: readonly KeyValue[], scope: Scope): object;
}

const MAP = 'Map(LowCardinality(String), String)';
const columnsWith = (attributes: string, more: { readonly scope: string; readonly duration: string }): string => `
  Timestamp DateTime64(9), TraceId String, SpanId String, ParentSpanId String, TraceState String, SpanName LowCardinality(String),
  SpanKind LowCardinality(String), ServiceName LowCardinality(String), ResourceAttributes ${attributes},${more.scope}
  SpanAttributes ${attributes}, Duration ${more.duration}, StatusCode LowCardinality(String), StatusMessage String,
  Events Nested (Timestamp DateTime64(9), Name LowCardinality(String), Attributes ${attributes}),
  Links Nested (TraceId String, SpanId String, TraceState String, Attributes ${attributes})`;

const CURRENT = { scope: ' ScopeName String, ScopeVersion String,', duration: 'UInt64' };

const plain = ({ value }: KeyValue): unknown => {
  if ('stringValue' in value) return value.stringValue;
  if ('intValue' in value) return Number(value.intValue);
  if ('boolValue' in value) return value.boolValue;
  return 'doubleValue' in value ? value.doubleValue : value.arrayValue.values.map((item) => plain({ key: '', value: item }));
};
/** Everything is text in a map; a list is its JSON. */
const inMap = (attributes: readonly KeyValue[]): Record<string, string> =>
  Object.fromEntries(attributes.map((one) => [one.key, typeof plain(one) === 'object' ? JSON.stringify(plain(one)) : String(plain(one))]));
const inJson = (attributes: readonly KeyValue[]): Record<string, unknown> =>
  Object.fromEntries(attributes.map((one) => [one.key, plain(one)]));

const seconds = (nanos: string): string => `${nanos.slice(0, -9)}.${nanos.slice(-9)}`;

function rowOf(span: OtlpSpan, resource: readonly KeyValue[], kept: (attributes: readonly KeyValue[]) => object): object {
  const events: readonly OtlpEvent[] = span.events ?? [];
  return {
    Timestamp: seconds(span.startTimeUnixNano),
    TraceId: span.traceId,
    SpanId: span.spanId,
    ParentSpanId: span.parentSpanId ?? '',
    SpanName: span.name,
    SpanKind: 'Internal',
    ServiceName: resource.map((one) => (one.key === 'service.name' ? String(plain(one)) : '')).join(''),
    ResourceAttributes: kept(resource),
    SpanAttributes: kept(span.attributes ?? []),
    Duration: String(BigInt(span.endTimeUnixNano) - BigInt(span.startTimeUnixNano)),
    StatusCode: ['Unset', 'Ok', 'Error'][span.status?.code ?? 0],
    StatusMessage: span.status?.message ?? '',
    'Events.Timestamp': events.map(({ timeUnixNano }) => seconds(timeUnixNano)),
    'Events.Name': events.map(({ name }) => name),
    'Events.Attributes': events.map(({ attributes = [] }) => kept(attributes)),
  };
}

export const LAYOUTS: Readonly<Record<'maps' | 'maps of 2023' | 'JSON', Layout>> = {
  maps: {
    columns: columnsWith(MAP, CURRENT),
    order: '(ServiceName, SpanName, toDateTime(Timestamp))',
    row: (span, resource, scope) => ({ ...rowOf(span, resource, inMap), ScopeName: scope.name, ScopeVersion: scope.version }),
  },
  'maps of 2023': {
    columns: columnsWith(MAP, { scope: '', duration: 'Int64' }),
    order: '(ServiceName, SpanName, toUnixTimestamp(Timestamp), TraceId)',
    row: (span, resource, { version }) => {
      const scoped = [...(span.attributes ?? []), { key: 'otel.scope.version', value: { stringValue: version } }];
      const status = span.status?.code === 2 ? 'STATUS_CODE_ERROR' : 'STATUS_CODE_UNSET';
      return { ...rowOf({ ...span, attributes: scoped }, resource, inMap), StatusCode: status };
    },
  },
  JSON: {
    columns: columnsWith('JSON', CURRENT),
    order: '(ServiceName, SpanName, toDateTime(Timestamp), Timestamp)',
    row: (span, resource, scope) => ({ ...rowOf(span, resource, inJson), ScopeName: scope.name, ScopeVersion: scope.version }),
  },
};
