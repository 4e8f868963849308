import { mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
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
