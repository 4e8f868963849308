import { describe, expect, it } from 'vitest';
import { jaegerAnswer } from '../../../src/telemetry/jaeger/answers.js';
import { isAddress, traceAddress, traceIn } from '../../../src/telemetry/jaeger/trace.js';

const ID = '4bf92f3577b34da6a3ce929d0e0e4736';

describe('the address of a trace', () => {
  it.each([
    [`http://localhost:16686/trace/${ID}`, 'http://localhost:16686'],
    [`https://example.org/jaeger/trace/${ID.toUpperCase()}/?uiFind=predict#x`, 'https://example.org/jaeger'],
    [`http://localhost:16686/api/traces/${ID}`, 'http://localhost:16686'],
    [`http://localhost:16686/api/v3/traces/${ID}`, 'http://localhost:16686'],
  ])('is taken from pages and from the query API: %s', (text, queryUrl) => {
    expect(isAddress(text)).toBe(true);
    expect(traceAddress(text)).toEqual({ queryUrl, traceId: ID });
  });

  it('has ids of 64 bits filled up', () => {
    expect(traceAddress('http://j/trace/a3ce929d0e0e4736').traceId).toBe('0000000000000000a3ce929d0e0e4736');
    expect(traceIn('http://j/', 'A')).toEqual({ queryUrl: 'http://j', traceId: 'a'.padStart(32, '0') });
  });

  it.each([
    'http://localhost:16686',
    'http://localhost:16686/search?service=x',
    'https://example.org/report.html',
    `http://j/trace/${ID}0/x`,
  ])('is none in %s', (text) => {
    expect(() => traceAddress(text)).toThrow(/is no address of a trace/);
  });

  it.each(['', 'xyz', '0', '0'.repeat(32), `${ID}0`])('ids that cannot be are refused: %j', (id) => {
    expect(() => traceIn('http://localhost:16686', id)).toThrow(/is no id of a trace/);
  });

  it('of something that is no HTTP address is refused', () => {
    expect(() => traceIn('localhost:16686', ID)).toThrow(/is no address of a Jaeger/);
    expect(isAddress('profiles/my-run')).toBe(false);
  });
});

describe('what a Jaeger answers', () => {
  const answer = (span: object): string => JSON.stringify({ result: { resourceSpans: [{ scopeSpans: [{ spans: [span] }] }] } });
  const span = { traceId: ID, spanId: 'a3ce929d0e0e4736', startTimeUnixNano: '1', endTimeUnixNano: '2' };

  it('may hold a span without a name, which its JSON leaves out', () => {
    const { result } = jaegerAnswer('traces', answer(span), 'http://j')!;
    expect(result?.resourceSpans?.[0]?.scopeSpans?.[0]?.spans).toEqual([{ ...span, name: '' }]);
  });

  it('is no answer without the times of a span', () => {
    expect(() => jaegerAnswer('traces', answer({ ...span, endTimeUnixNano: undefined }), 'http://j')).toThrow(
      /an answer that no Jaeger 2 gives/,
    );
  });
});
