import { EXIT, UserError } from '../../model/errors.js';
import type { TracesData } from '../../model/otlp.js';
import { ask, type AnswerLimits, type ServerWords } from '../stores/ask.js';
import type { TimeWindow, TraceQuery } from '../stores/store.js';
import { jaegerAnswer } from './answers.js';

/** Jaeger's query API at `queryUrl`. */
export interface JaegerQuery {
  services(): Promise<readonly string[]>;
  /** The trace of that id as the JSON that Jaeger gives, checked; null where it holds none. */
  trace(traceId: string): Promise<string | null>;
  /** At most `count` traces that begin in the window, whole. */
  find(query: TraceQuery, window: TimeWindow, count: number): Promise<TracesData>;
}

/** Requests for single traces under way at a time. */
const TRACES_AT_ONCE = 4;

/** A search of a week takes Jaeger some seconds. A page is some 40 MB, see pages.ts; half a gigabyte is more than a string can be. */
const LIMITS: AnswerLimits = { silentMillis: 60_000, bytes: 256 * 1024 * 1024 };

const WORDS: ServerWords = {
  name: 'Jaeger',
  example: 'http://localhost:16686',
  remedy: 'check the address, or start one with `inferscope jaeger up`',
};

/** @throws UserError when `queryUrl` is no HTTP address. */
export function jaegerQuery(queryUrl: string, limits: AnswerLimits = LIMITS): JaegerQuery {
  const base = jaegerAddress(queryUrl);
  /** The body, or what stands for none where Jaeger has nothing. */
  const get = async (path: string): Promise<string> => {
    const { response, text } = await ask(`${base}${path}`, {}, limits, WORDS);
    if (response.status === 404) return 'null';
    if (response.ok) return text;
    throw new UserError(`Jaeger at ${base} answered HTTP ${response.status}: ${text.slice(0, 300)}`, EXIT.unavailable);
  };
  const tracesAt = async (path: string): Promise<TracesData> => jaegerAnswer('traces', await get(path), base)?.result ?? {};
  return {
    services: async () => jaegerAnswer('services', await get('/api/v3/services'), base)?.services ?? [],
    async trace(traceId) {
      const text = await get(`/api/v3/traces/${traceId}`);
      const spans = jaegerAnswer('traces', text, base)?.result?.resourceSpans ?? [];
      return spans.length === 0 ? null : text;
    },
    async find(query, window, count) {
      if (query.tags === undefined || Object.keys(query.tags).length === 0) {
        return tracesAt(`/api/v3/traces?${searchParameters(query, window, count).toString()}`);
      }
      // The newer API has exact times but no tags; the older one has tags but whole microseconds.
      const found = jaegerAnswer('ids', await get(`/api/traces?${tagParameters(query, window, count).toString()}`), base);
      const ids = found?.data?.map(({ traceID }) => traceID) ?? [];
      const pages: TracesData[] = [];
      for (let index = 0; index < ids.length; index += TRACES_AT_ONCE) {
        const some = ids.slice(index, index + TRACES_AT_ONCE);
        pages.push(...(await Promise.all(some.map((id) => tracesAt(`/api/v3/traces/${encodeURIComponent(id)}`)))));
      }
      return { resourceSpans: pages.flatMap(({ resourceSpans }) => resourceSpans ?? []) };
    },
  };
}

/** The address of a Jaeger without its last slash. @throws UserError for what is no HTTP address */
export function jaegerAddress(given: string): string {
  if (/^https?:$/.test(URL.canParse(given) ? new URL(given).protocol : '')) return given.replace(/\/+$/, '');
  throw new UserError(`"${given}" is no address of a Jaeger: give one such as http://localhost:16686.`, EXIT.usage);
}

function searchParameters({ service, operation }: TraceQuery, { from, to }: TimeWindow, count: number): URLSearchParams {
  return new URLSearchParams({
    'query.service_name': service,
    ...(operation === undefined ? {} : { 'query.operation_name': operation }),
    'query.start_time_min': rfc3339(from),
    'query.start_time_max': rfc3339(to),
    'query.num_traces': String(count),
  });
}

function tagParameters(query: TraceQuery, { from, to }: TimeWindow, count: number): URLSearchParams {
  return new URLSearchParams({
    service: query.service,
    ...(query.operation === undefined ? {} : { operation: query.operation }),
    start: String(from / 1000n),
    end: String(to / 1000n),
    limit: String(count),
    tags: JSON.stringify(query.tags),
  });
}

/** RFC 3339 with all nine digits. */
function rfc3339(epochNanos: bigint): string {
  const second = new Date(Number(epochNanos / 1_000_000_000n) * 1000).toISOString().slice(0, 19);
  return `${second}.${String(epochNanos % 1_000_000_000n).padStart(9, '0')}Z`;
}
