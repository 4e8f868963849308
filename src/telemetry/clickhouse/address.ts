import { EXIT, UserError } from '../../model/errors.js';
import { shownAddress } from '../../model/shown-address.js';

/** A table of spans in a ClickHouse, by its HTTP interface. */
export interface ClickHouseAddress {
  /** Scheme, host and port. */
  readonly origin: string;
  readonly database: string;
  readonly table: string;
  readonly user: string;
  readonly password: string;
}

const EXAMPLE = 'http://localhost:8123/otel';
/** What the collector's exporter takes where nothing else is said. */
const TABLE = 'otel_traces';
const PARAMETERS = new Set(['database', 'table', 'user', 'password']);

/**
 * `http://USER:PASSWORD@HOST:8123/DATABASE?table=TABLE`; user, password and database may stand behind the question mark, too, as
 * ClickHouse takes them. The user and password that are missing are those of clickhouse-client's variables.
 *
 * @throws UserError for anything else
 */
export function clickHouseAddress(given: string, environment: NodeJS.ProcessEnv = process.env): ClickHouseAddress {
  const url = URL.canParse(given) ? new URL(given) : undefined;
  if (url !== undefined && /^(?:tcp|clickhouse|native|tls):$/.test(url.protocol))
    throw new UserError(
      `Spans are read over ClickHouse's HTTP interface, and ${url.protocol}// is the other one: give an address such as ${EXAMPLE}.`,
      EXIT.usage,
    );
  if (url === undefined || !/^https?:$/.test(url.protocol))
    throw new UserError(`"${shownAddress(given)}" is no address of a ClickHouse: give one such as ${EXAMPLE}.`, EXIT.usage);
  const unknown = [...url.searchParams.keys()].find((name) => !PARAMETERS.has(name));
  if (unknown !== undefined)
    throw new UserError(`The address of a ClickHouse has no "${unknown}": it takes ${[...PARAMETERS].join(', ')}.`, EXIT.usage);
  const folders = url.pathname.split('/').filter((folder) => folder !== '');
  if (folders.length > 1)
    throw new UserError(`The path ${url.pathname} is no database: give an address such as ${EXAMPLE}?table=${TABLE}.`, EXIT.usage);
  const of = (name: string): string | undefined => url.searchParams.get(name) || undefined;
  return {
    origin: url.origin,
    database: of('database') ?? decoded(folders[0] ?? '') ?? 'default',
    table: of('table') ?? TABLE,
    user: decoded(url.username) ?? of('user') ?? environment['CLICKHOUSE_USER'] ?? 'default',
    password: decoded(url.password) ?? of('password') ?? environment['CLICKHOUSE_PASSWORD'] ?? '',
  };
}

function decoded(part: string): string | undefined {
  if (part === '') return undefined;
  try {
    return decodeURIComponent(part);
  } catch {
    return part;
  }
}
