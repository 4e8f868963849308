import { describe, expect, it } from 'vitest';
import { recordingFromTraces } from '../../src/telemetry/spans/from-traces.js';
import { jaegerAnswer } from '../../src/telemetry/jaeger/answers.js';
import { outcomeOf } from '../../src/telemetry/otlp/http-answer.js';
import { ATTRIBUTE } from '../../src/model/attributes.js';
import { grpcAcceptance } from '../../src/telemetry/otlp/transport-grpc.js';

const BASE = 'http://localhost:16686';
const span = (over: object): object => ({ traceId: 'a', spanId: 'b', name: 's', startTimeUnixNano: '10', endTimeUnixNano: '20', ...over });
const traces = (...spans: readonly object[]): string => JSON.stringify({ result: { resourceSpans: [{ scopeSpans: [{ spans }] }] } });
const text = (key: string, stringValue: string): object => ({ key, value: { stringValue } });
const CALL = [text(ATTRIBUTE.spanKind, 'call'), text(ATTRIBUTE.temperature, 'warm')];

describe('what a Jaeger answers', () => {
  it('is taken as it is, empty attributes and lists within lists included', () => {
    const deep = `${'{"arrayValue":{"values":['.repeat(20_000)}{}${']}}'.repeat(20_000)}`;
    const attributes = [
      { key: 'empty' },
      { key: 'none', value: {} },
      { key: 'list', value: { arrayValue: {} } },
      { key: 'deep', value: 'DEEP' },
    ];
    const answer = jaegerAnswer('traces', traces(span({ attributes })).replace('"DEEP"', deep), BASE);
    expect(recordingFromTraces(answer?.result ?? {})).toBeNull();
    expect(jaegerAnswer('services', '{"services":["a"]}', BASE)).toEqual({ services: ['a'] });
    expect(jaegerAnswer('traces', 'null', BASE)).toBeNull();
  });

  it.each([
    [
      'services',
      '<html>Log in</html>',
      `${BASE} answered with something that is no JSON, so it is no query address of a Jaeger: give one such as http://localhost:16686.`,
    ],
    ['services', '{"services":[1]}', `${BASE} gave an answer that no Jaeger 2 gives (services[0] must be string): check the address.`],
    [
      'traces',
      traces(span({ startTimeUnixNano: '1e5' })),
      `${BASE} gave an answer that no Jaeger 2 gives (result.resourceSpans[0].scopeSpans[0].spans[0].startTimeUnixNano must match pattern "^[0-9]{1,19}$"): check the address.`,
    ],
    ['ids', '[]', `${BASE} gave an answer that no Jaeger 2 gives (it must be object,null): check the address.`],
  ] as const)('is refused in one sentence: %s %s', (kind, body, sentence) => {
    expect(() => jaegerAnswer(kind, body, BASE)).toThrow(sentence);
  });

  it('gives no negative figure, whatever the attributes of a call say', () => {
    const negative = [ATTRIBUTE.latency, ATTRIBUTE.batch, ATTRIBUTE.toolInside, ATTRIBUTE.round].map((key) => ({
      key,
      value: { doubleValue: -5.5 },
    }));
    const recording = recordingFromTraces(
      jaegerAnswer('traces', traces(span({ startTimeUnixNano: '20', endTimeUnixNano: '10', attributes: [...CALL, ...negative] })), BASE)
        ?.result ?? {},
    );
    // Made with names of attributes that are not ours, this would find no call at all.
    expect(recording?.calls).toHaveLength(1);
    expect([
      recording?.calls[0]?.latencyNanos,
      recording?.spans.durationNanos[0],
      recording?.calls[0]?.round,
      recording?.meta.tool.insideNanos,
    ]).toEqual([0, 0, -1, 0]);
  });
});

describe('what a collector answers to 200 spans', () => {
  const http = (partialSuccess: unknown): unknown =>
    outcomeOf(
      { status: 200, headers: { 'content-type': 'application/json' }, body: Buffer.from(JSON.stringify({ partialSuccess })) },
      'http://x',
      200,
    );

  it.each([
    ['7', 7],
    [7, 7],
    ['-3', 0],
    [9_995_209, 200],
  ])('rejectedSpans %j is %i', (rejectedSpans, rejected) => {
    expect(http({ rejectedSpans })).toMatchObject({ kind: 'accepted', rejected });
  });

  it.each([[{ rejectedSpans: 'seven' }], [{ rejectedSpans: [] }], [{ errorMessage: 5 }], ['no'], [[1]]])(
    '%j is no OTLP answer, and nothing counts as taken',
    (partial) => {
      expect(http(partial)).toMatchObject({ kind: 'misconfigured' });
    },
  );

  it('over gRPC is clamped, and bytes that do not decode count for nothing', () => {
    expect(grpcAcceptance(Buffer.from([0x0a, 0x06, 0x08, 0x07, 0x12, 0x02, 0x6e, 0x6f]), 'x', 200)).toEqual({
      kind: 'accepted',
      rejected: 7,
      message: 'no',
    });
    expect(grpcAcceptance(Buffer.from([0x0a, 0x0b, 0x08, ...Array<number>(9).fill(0xff), 0x01]), 'x', 200)).toMatchObject({
      kind: 'accepted',
      rejected: 0,
    });
    expect(grpcAcceptance(Buffer.from([0x0a, 0x50, 0x08]), 'x', 200)).toMatchObject({ kind: 'misconfigured' });
  });
});
