import { once } from 'node:events';
import { mkdtempSync, writeFileSync } from 'node:fs';
import { createServer, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it, onTestFinished, vi } from 'vitest';
import fc from 'fast-check';
import { tracePages } from '../../src/telemetry/jaeger/pages.js';
import { jaegerQuery, type JaegerQuery } from '../../src/telemetry/jaeger/query.js';
import { jaegerDown, jaegerStatus } from '../../src/telemetry/jaeger/server.js';
import type { OtlpSpan, TracesData } from '../../src/model/otlp.js';

interface Stored {
  readonly id: string;
  readonly start: bigint;
  readonly spans: number;
}

const asData = (traces: readonly Stored[]): TracesData => ({
  resourceSpans: [{ scopeSpans: [{ spans: traces.flatMap(spansOf) }] }],
});

const spansOf = ({ id, start, spans }: Stored): OtlpSpan[] =>
  Array.from({ length: spans }, (_, index) => ({
    traceId: id,
    spanId: `${id}-${index}`,
    name: 'predict',
    startTimeUnixNano: String(start + BigInt(index)),
    endTimeUnixNano: String(start + BigInt(index)),
  }));

/** A storage that finds a trace by any of its spans and gives the newest, or whichever it likes. */
function fakeJaeger(traces: readonly Stored[], order: 'newest' | 'any'): { jaeger: JaegerQuery; asked: () => number } {
  let asked = 0;
  const jaeger: JaegerQuery = {
    trace: () => Promise.resolve(null),
    services: () => Promise.resolve(['service']),
    find: (_, { from, to }, count) => {
      asked++;
      const matching = traces.filter(({ start, spans }) => start <= to && start + BigInt(spans - 1) >= from);
      if (order === 'newest') matching.sort((a, b) => Number(b.start - a.start));
      return Promise.resolve(asData(matching.slice(0, count)));
    },
  };
  return { jaeger, asked: () => asked };
}

async function idsOf(jaeger: JaegerQuery, from: bigint, to: bigint): Promise<string[]> {
  const ids: string[] = [];
  for await (const page of tracePages(jaeger, { service: 'service' }, { from, to })) {
    const spans = (page.resourceSpans ?? []).flatMap(({ scopeSpans }) => scopeSpans ?? []).flatMap((scope) => scope.spans ?? []);
    ids.push(...new Set(spans.map(({ traceId }) => traceId)));
  }
  return ids;
}

describe('pages of traces', () => {
  it('hold every trace exactly once, however they are spread', async () => {
    const stored = fc.record({ offset: fc.nat({ max: 10_000_000_000 }), spans: fc.integer({ min: 1, max: 5 }) });
    await fc.assert(
      fc.asyncProperty(fc.array(stored, { maxLength: 200 }), fc.constantFrom('newest', 'any'), async (list, order) => {
        const origin = 1_700_000_000_000_000_000n;
        const traces = list.map(({ offset, spans }, index) => ({
          id: `t${index}`,
          start: origin + BigInt(offset),
          spans,
        }));
        const { jaeger } = fakeJaeger(traces, order);
        const ids = await idsOf(jaeger, origin, origin + 20_000_000_000n);
        expect(ids.sort()).toEqual(traces.map(({ id }) => id).sort());
      }),
      { numRuns: 60 },
    );
  });

  it('come newest first and do not ask for every nanosecond of an empty week', async () => {
    const week = 7n * 86_400n * 1_000_000_000n;
    const now = 1_700_000_000_000_000_000n;
    const traces = Array.from({ length: 300 }, (_, index) => ({
      id: `t${index}`,
      start: now - BigInt(index) * 1_000_000n,
      spans: 10,
    }));
    const { jaeger, asked } = fakeJaeger(traces, 'newest');
    const ids = await idsOf(jaeger, now - week, now + 10n);
    expect(ids.length).toBe(300);
    expect(ids.indexOf('t0')).toBeLessThan(ids.indexOf('t299'));
    expect(asked()).toBeLessThan(120);
  });
});

describe('a server that answers without end, or not at all', () => {
  const LIMITS = { silentMillis: 60_000, bytes: 20_000 };

  /** The clock of the silence is the test's: nothing here waits for time to pass. */
  function clockOfTest(): void {
    vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] });
    onTestFinished(() => void vi.useRealTimers());
  }

  /** A server for one test, gone when it ends. */
  async function serving(answer: (url: URL, response: ServerResponse) => void): Promise<string> {
    const server = createServer((request, response) => answer(new URL(request.url!, 'http://x'), response)).listen(0, '127.0.0.1');
    await once(server, 'listening');
    onTestFinished(() => {
      server.closeAllConnections();
      server.close();
    });
    return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  }

  it.each([
    ['never answers', () => undefined],
    ['stops in the middle', (response: ServerResponse) => response.write('{"services":')],
  ])('that %s is left after a silence', async (_, begin) => {
    clockOfTest();
    const base = await serving((_url, response) => {
      begin(response);
      vi.advanceTimersByTime(LIMITS.silentMillis);
    });
    await expect(jaegerQuery(base, LIMITS).services()).rejects.toThrow(
      `${base} takes requests but sent nothing for 60 s: check that it is a Jaeger; \`inferscope flame\` asks for less with --since and --until.`,
    );
  });

  it('that speaks no TLS is told from one that does not answer', async () => {
    const base = (await serving((_url, response) => void response.end())).replace('http:', 'https:');
    await expect(jaegerQuery(base, LIMITS).services()).rejects.toThrow(
      `${base}: the server does not speak TLS there: write http:// instead of https://.`,
    );
  });

  it('that sends slowly but goes on is heard to the end', async () => {
    clockOfTest();
    const parts = '{"services":["a"]}'.match(/.{1,4}/g)!;
    // A part is asked for once the one before has been read.
    const bodyUntil = (signal: AbortSignal): ReadableStream<Uint8Array> =>
      new ReadableStream<Uint8Array>(
        {
          pull(stream) {
            vi.advanceTimersByTime(LIMITS.silentMillis - 1);
            const part = parts.shift();
            if (signal.aborted) stream.error(signal.reason);
            else if (part === undefined) stream.close();
            else stream.enqueue(Buffer.from(part));
          },
        },
        { highWaterMark: 0 },
      );
    const fetched = vi
      .spyOn(globalThis, 'fetch')
      .mockImplementation((_url, request) => Promise.resolve(new Response(bodyUntil(request!.signal!))));
    onTestFinished(() => fetched.mockRestore());
    expect(await jaegerQuery('http://127.0.0.1:1', LIMITS).services()).toEqual(['a']);
  });

  it('is not read beyond what one answer may be, and asked for fewer traces until that is enough', async () => {
    const counts: number[] = [];
    const origin = 1_700_000_000_000_000_000n;
    const stored = Array.from({ length: 30 }, (_, i) => ({ id: `t${i}`, start: origin + BigInt(i) * 1_000_000n, spans: 20 }));
    const { jaeger: fake } = fakeJaeger(stored, 'newest');
    const nanos = (text: string): bigint => BigInt(Date.parse(text)) * 1_000_000n + BigInt(text.slice(23, 29));
    const base = await serving((url, response) => {
      const [min, max] = ['min', 'max'].map((end) => nanos(url.searchParams.get(`query.start_time_${end}`)!));
      const count = Number(url.searchParams.get('query.num_traces'));
      counts.push(count);
      void fake.find({ service: 's' }, { from: min!, to: max! }, count).then((result) => response.end(JSON.stringify({ result })));
    });
    expect((await idsOf(jaegerQuery(base, LIMITS), origin, origin + 100_000_000n)).sort()).toEqual(stored.map(({ id }) => id).sort());
    expect(Math.min(...counts)).toBeLessThan(20);
    const endless = await serving((_url, response) => {
      const more = (): void => {
        if (response.write(' '.repeat(50_000))) setImmediate(more);
        else response.once('drain', more);
      };
      more();
    });
    await expect(idsOf(jaegerQuery(endless, LIMITS), origin, origin + 100_000_000n)).rejects.toThrow(
      `${endless} answered with more than 0 MB for a single trace or list`,
    );
  });
});

describe('an address of a Jaeger', () => {
  it.each(['http://localhost:x', 'localhost:16686', 'ftp://localhost', ''])('refuses %j', (address) => {
    expect(() => jaegerQuery(address)).toThrow(`"${address}" is no address of a Jaeger: give one such as http://localhost:16686.`);
  });

  it('says of a port that fetch refuses what is wrong with it', async () => {
    await expect(jaegerQuery('http://localhost:9').services()).rejects.toThrow(
      'HTTP clients refuse the port of http://localhost:9: give an address such as http://localhost:16686.',
    );
  });
});

describe('the Jaeger that was started', () => {
  it('is not running where its folder or its state cannot be read', async () => {
    const home = mkdtempSync(join(tmpdir(), 'inferscope-jaeger-'));
    writeFileSync(join(home, 'state.json'), '{"pid": 1');
    for (const folder of [home, '/dev/null/x']) {
      expect(await jaegerStatus({ home: folder })).toEqual({ running: false });
      expect(await jaegerDown({ home: folder })).toBe(false);
    }
  });
});
