import { EXIT, UserError, fetchFailure } from '../../model/errors.js';
import type { TracesData } from '../../model/otlp.js';
import { jaegerAnswer } from './answers.js';

/** What to look for. Times are epoch nanoseconds. */
export interface TraceQuery {
  readonly service: string;
  readonly operation?: string;
  /** `name=value` of span or resource attributes; all must hold on one span. */
  readonly tags?: Readonly<Record<string, string>>;
}

export interface TimeWindow {
  readonly from: bigint;
  readonly to: bigint;
}

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

/** What an answer may take: how long nothing may come, and how large it may be. */
export interface AnswerLimits {
  readonly silentMillis: number;
  readonly bytes: number;
}

/** A search of a week takes Jaeger some seconds. A page is some 40 MB, see pages.ts; half a gigabyte is more than a string can be. */
const LIMITS: AnswerLimits = { silentMillis: 60_000, bytes: 256 * 1024 * 1024 };

/** What a server answers is more than is read: fewer traces have to be asked for. */
export class AnswerTooLarge extends UserError {}

/** @throws UserError when `queryUrl` is no HTTP address. */
export function jaegerQuery(queryUrl: string, limits: AnswerLimits = LIMITS): JaegerQuery {
  const base = jaegerAddress(queryUrl);
  /** The body, or what stands for none where Jaeger has nothing. */
  const get = async (path: string): Promise<string> => {
    const { response, text } = await ask(`${base}${path}`, limits);
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

/** Silence ends a request, however long the answer is; what is too large is not read to its end. */
async function ask(url: string, { silentMillis, bytes }: AnswerLimits): Promise<{ readonly response: Response; readonly text: string }> {
  const { origin } = new URL(url);
  const silence = new AbortController();
  const timer = setTimeout(() => silence.abort(), silentMillis);
  try {
    const response = await fetch(url, { signal: silence.signal });
    const chunks: Uint8Array[] = [];
    let left = bytes;
    // Types of browsers know no iteration of a body; Node.js has it.
    const body = (response.body ?? []) as unknown as AsyncIterable<Uint8Array>;
    for await (const chunk of body) {
      timer.refresh();
      left -= chunk.length;
      if (left < 0)
        throw new AnswerTooLarge(
          `${origin} answered with more than ${Math.round(bytes / 2 ** 20)} MB for a single trace or list: leave it out with --operation or --tag, or check the address.`,
          EXIT.unavailable,
        );
      chunks.push(chunk);
    }
    return { response, text: Buffer.concat(chunks).toString('utf8') };
  } catch (thrown) {
    if (thrown instanceof UserError) throw thrown;
    if (silence.signal.aborted)
      throw new UserError(
        `${origin} takes requests but sent nothing for ${silentMillis / 1000} s: check that it is a Jaeger; \`inferscope flame\` asks for less with --since and --until.`,
        EXIT.unavailable,
        { cause: thrown },
      );
    const why = fetchFailure(thrown);
    if (why === 'bad port')
      throw new UserError(
        `HTTP clients refuse the port of ${new URL(url).origin}: give an address such as http://localhost:16686.`,
        EXIT.usage,
        { cause: thrown },
      );
    throw new UserError(
      `Jaeger does not answer at ${url.split('?')[0] ?? url} (${why}): check the address, or start one with ` + '`inferscope jaeger up`.',
      EXIT.unavailable,
      { cause: thrown },
    );
  } finally {
    clearTimeout(timer);
  }
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
