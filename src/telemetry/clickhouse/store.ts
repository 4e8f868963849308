import { once } from '../../model/once.js';
import { EXIT, UserError } from '../../model/errors.js';
import type { TracesData } from '../../model/otlp.js';
import type { SpanStore, TimeWindow, TraceQuery } from '../stores/store.js';
import { clickHouseAddress } from './address.js';
import { clickHouse, type Select } from './ask.js';
import { attributeOf, beginsIn, columnsOf, isCall, layoutOf, literal, type Layout } from './layout.js';
import { storedSpans, tracesOf, type StoredSpan } from './rows.js';
import { busyWindows, WINDOW_SPANS, type BusyWindow } from './windows.js';

/** Spans of a call may begin this much before it: clocks of two threads. */
const BEFORE_CALL_NANOS = 1_000_000n;
/** Services that are named where the one asked for is unknown. */
const NAMED_SERVICES = 20;

/**
 * A ClickHouse that the OpenTelemetry collector writes to.
 *
 * The store counts, and picks the calls and what is below them; each call is folded into the figures here, because self times where
 * spans overlap, percentiles and differences between processes are not sums (decision 0020).
 *
 * @throws UserError when `given` is no address of a ClickHouse
 */
export function clickHouseStore(given: string, spansAtOnce = WINDOW_SPANS): SpanStore {
  const address = clickHouseAddress(given);
  const select = clickHouse(address);
  const layout = once(() => layoutOf(select, address));
  const where = `${address.database}.${address.table}`;
  return {
    kind: 'clickhouse',
    address: address.origin,
    check: async ({ service }) => checkService(select, await layout(), { service, where }),
    async *pages(query, range) {
      for await (const window of busyWindows(select, await layout(), query.service, range, spansAtOnce))
        yield await pageOf(select, await layout(), { query, range, window, origin: address.origin });
    },
    nothingFound: ({ service }) =>
      new UserError(
        `${where} holds no inference call of "${service}" that matches: widen --since, leave out --operation and --tag, or run the service with ` +
          '`inferscope run` or `--import inferscope/register`.',
        EXIT.notFound,
      ),
  };
}

async function checkService(
  select: Select,
  layout: Layout,
  { service, where }: { readonly service: string; readonly where: string },
): Promise<void> {
  const known = await select(`SELECT 1 AS found FROM ${layout.table} WHERE ServiceName = ${literal(service)} LIMIT 1`);
  if (known.length > 0) return;
  const rows = await select(
    `SELECT DISTINCT ServiceName AS name FROM ${layout.table} WHERE ServiceName != '' ORDER BY name LIMIT ${NAMED_SERVICES + 1}`,
  );
  const names = rows.map(({ name }) => String(name));
  const more = names.length > NAMED_SERVICES ? ', …' : '';
  throw new UserError(
    `${where} knows no service "${service}": use one of ${names.slice(0, NAMED_SERVICES).join(', ') || '(none yet)'}${more}.`,
    EXIT.notFound,
  );
}

interface Page {
  readonly query: TraceQuery;
  /** All that was asked for. */
  readonly range: TimeWindow;
  readonly window: BusyWindow;
  readonly origin: string;
}

async function pageOf(select: Select, layout: Layout, { query, range, window, origin }: Page): Promise<TracesData> {
  const { from, to, longestNanos } = window;
  const ofService = `FROM ${layout.table} WHERE ServiceName = ${literal(query.service)}`;
  const withCalls = `SELECT TraceId ${ofService} AND ${beginsIn(from, to)} AND ${isCall(layout)}`;
  const conditions = [
    ...(query.operation === undefined ? [] : [`SpanName = ${literal(query.operation)}`]),
    ...Object.entries(query.tags ?? {}).map(([name, value]) => {
      const [own, ofResource] = (['SpanAttributes', 'ResourceAttributes'] as const).map((column) => attributeOf(layout, column, name));
      return `(${own} = ${literal(value)} OR ${ofResource} = ${literal(value)})`;
    }),
  ];
  const traces =
    conditions.length === 0
      ? withCalls
      : `SELECT TraceId ${ofService} AND ${beginsIn(range.from, range.to)} AND ${conditions.join(' AND ')} AND TraceId GLOBAL IN (${withCalls})`;
  const rows = await select(
    `SELECT ${columnsOf(layout)} ${ofService} AND ${beginsIn(from - BEFORE_CALL_NANOS, to + longestNanos)} AND TraceId GLOBAL IN (${traces})`,
  );
  return tracesOf(storedSpans(rows, origin).filter(isOf(window)));
}

/** Other calls of the same traces are in the windows before and after. */
const isOf =
  ({ from, to }: TimeWindow) =>
  ({ resource, start }: StoredSpan): boolean =>
    resource === '' || (BigInt(start) >= from && BigInt(start) < to);
