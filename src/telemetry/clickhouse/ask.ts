import { EXIT, UserError } from '../../model/errors.js';
import { isRecord } from '../../model/is-record.js';
import { parsedJson } from '../../model/parsed-json.js';
import { ask, type AnswerLimits, type ServerWords } from '../stores/ask.js';
import type { ClickHouseAddress } from './address.js';

/** A search of a week may take ClickHouse a while before its first byte; a page is some 20 MB, see windows.ts. */
const LIMITS: AnswerLimits = { silentMillis: 120_000, bytes: 256 * 1024 * 1024 };

const WORDS: ServerWords = {
  name: 'ClickHouse',
  example: 'http://localhost:8123/otel',
  remedy: 'check the address, which is that of its HTTP interface (port 8123, with TLS 8443)',
};

/** Rows of an answer, each with its columns by name. */
export type Row = Readonly<Record<string, unknown>>;

/** @throws UserError for what ClickHouse refuses, and for answers that are not ClickHouse's */
export type Select = (sql: string) => Promise<readonly Row[]>;

/** Asks by HTTP; settings are left as they are, because a user who may only read cannot change them. */
export function clickHouse(address: ClickHouseAddress, limits: AnswerLimits = LIMITS): Select {
  const { origin, user, password } = address;
  return async (sql) => {
    // The answer begins when it is complete: its status then says whether it is one.
    const { response, text } = await ask(
      `${origin}/?wait_end_of_query=1`,
      {
        method: 'POST',
        headers: { Authorization: `Basic ${Buffer.from(`${user}:${password}`).toString('base64')}` },
        body: `${sql} FORMAT JSONEachRow`,
      },
      limits,
      WORDS,
    );
    if (!response.ok) throw refused(address, response, text);
    return text.split('\n').flatMap((line) => (line === '' ? [] : [rowOf(line, address, text)]));
  };
}

function rowOf(line: string, { origin }: ClickHouseAddress, text: string): Row {
  const row = parsedJson(line);
  if (isRecord(row)) return row;
  const [, why] = /(Code: \d+\..*)/s.exec(text) ?? [];
  throw new UserError(
    why === undefined
      ? `${origin} gave an answer that no ClickHouse gives: give the address of its HTTP interface, such as ${WORDS.example}.`
      : `ClickHouse at ${origin} broke off: ${why.slice(0, 300)}: ask for less with --since and --until.`,
    EXIT.unavailable,
  );
}

const WRONG_USER = new Set([192, 193, 194, 516]);
const NOT_ALLOWED = 497;
const UNKNOWN_TABLE = new Set([60, 81]);
/** Limits of time, memory, rows and bytes. */
const TOO_MUCH = new Set([158, 159, 160, 241, 307, 396]);

/** There is no such database or table. */
export class UnknownTable extends UserError {}

function refused({ origin, user, database, table }: ClickHouseAddress, response: Response, text: string): UserError {
  const code = Number(response.headers.get('x-clickhouse-exception-code') ?? /^Code: (\d+)/.exec(text)?.[1] ?? Number.NaN);
  const why = (/DB::Exception: (.*)/s.exec(text)?.[1] ?? text).replace(/ \(version [^)]*\)\s*$/, '').slice(0, 300);
  if (WRONG_USER.has(code) || response.status === 401)
    return new UserError(
      `ClickHouse at ${origin} refuses the user "${user}" with this password: give both as http://USER:PASSWORD@HOST:8123, or in CLICKHOUSE_USER and CLICKHOUSE_PASSWORD.`,
      EXIT.unavailable,
    );
  if (code === NOT_ALLOWED)
    return new UserError(
      `The user "${user}" may not read ${database}.${table}: give another, or allow it with GRANT SELECT ON ${database}.${table} TO ${user}.`,
      EXIT.unavailable,
    );
  if (UNKNOWN_TABLE.has(code)) return new UnknownTable(`ClickHouse at ${origin} has no table ${database}.${table}.`, EXIT.notFound);
  if (TOO_MUCH.has(code))
    return new UserError(
      `ClickHouse at ${origin} gave up (${why}): ask for less with --since and --until, or raise that limit.`,
      EXIT.unavailable,
    );
  // What listens there says itself which port is the right one, or is no ClickHouse at all.
  if (Number.isNaN(code))
    return new UserError(
      `${origin} answered HTTP ${response.status} (${why.trim() || 'nothing else'}): give the address of ClickHouse's HTTP interface, such as ${WORDS.example}.`,
      EXIT.unavailable,
    );
  return new UserError(`ClickHouse at ${origin} answered with error ${code}: ${why}`, EXIT.unavailable);
}
