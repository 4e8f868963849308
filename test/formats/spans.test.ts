import protobuf from 'protobufjs';
import { describe, expect, it } from 'vitest';
import type { FlameNode } from '../../src/model/analysis.js';
import { readForeignFile } from '../../src/formats/read-foreign.js';
import { readForeignProfile } from '../helpers/foreign-profile.js';
import { spansFromRecording } from '../../src/telemetry/spans/spans-from-recording.js';
import { tracesDataFromSpans } from '../../src/formats/otlp/write-json.js';
import { traceBatches } from '../../src/telemetry/otlp/batches.js';
import { recordingFromTraces } from '../../src/telemetry/spans/from-traces.js';
import { ProtobufTraceSerializer } from '@opentelemetry/otlp-transformer';
import { drawLines } from '../helpers/drawn-lines.js';

const read = (name: string, value: unknown) =>
  readForeignProfile(name, Buffer.from(typeof value === 'string' ? value : JSON.stringify(value)));
const draw = (node: FlameNode, indent = ''): string =>
  [
    `${indent}${node.name} ${node.totalNanos}/${node.selfNanos} ×${node.count}`,
    ...node.children.map((child) => draw(child, `${indent}  `)),
  ].join('\n');
const hex = (digits: string, length: number): string => digits.padStart(length, '0');

/** A span drawn as `id < parent name from to`. */
const span = (line: string) => {
  const [, id, parent, name, from, to] = /^(\w+)(?: < (\w+))? (\S+) (\d+) (\d+)$/.exec(line)!;
  return {
    traceId: hex('a', 32),
    spanId: hex(id!, 16),
    ...(parent === undefined ? {} : { parentSpanId: hex(parent, 16) }),
    name,
    startTimeUnixNano: `17900000000000${hex(from!, 5)}`,
    endTimeUnixNano: `17900000000000${hex(to!, 5)}`,
  };
};
/** Bytes as one raw block of zstd (RFC 8878): single segment, content size in eight bytes. */
function zstdRaw(content: Uint8Array): Buffer {
  const size = Buffer.alloc(8);
  size.writeBigUInt64LE(BigInt(content.length));
  const block = (content.length << 3) | 1;
  return Buffer.concat([Buffer.of(0x28, 0xb5, 0x2f, 0xfd, 0xe0), size, Buffer.of(block & 255, (block >> 8) & 255, block >> 16), content]);
}
const traces = (service: string, ...lines: string[]) => ({
  resourceSpans: [
    {
      resource: { attributes: [{ key: 'service.name', value: { stringValue: service } }] },
      scopeSpans: [{ scope: { name: 'test' }, spans: lines.map(span) }],
    },
  ],
});

describe('OTLP/JSON', () => {
  it('puts spans of one path together, the self time of a parent never below zero', () => {
    const [profile] = read('x.json', traces('shop', '1 GET 0 1000', '2 < 1 query 100 300', '3 < 1 query 200 500', '4 < 3 row 250 260'));
    expect(draw(profile!.tree)).toBe('x.json 1000/0 ×1\n  GET 1000/600 ×1\n    query 500/490 ×2\n      row 10/10 ×1');
    expect(profile!.notes).toEqual(['1 span ran beside a sibling: frames below one parent may add up to more than it.']);
  });

  it('reads lines, numbers for 64-bit values, snake_case, and keeps services apart', () => {
    const one = traces('a', '1 x 0 10');
    const snake = {
      resource_spans: [
        {
          resource: { attributes: [{ key: 'service.name', value: { string_value: 'b' } }] },
          scope_spans: [{ spans: [{ trace_id: 'b', span_id: '1', name: 'y', start_time_unix_nano: 5, end_time_unix_nano: 9 }] }],
        },
      ],
    };
    const [profile] = read('x.otlp.jsonl', `${JSON.stringify(one)}\n${JSON.stringify(snake)}\n{"cut of`);
    expect(draw(profile!.tree)).toBe('x.otlp.jsonl 14/0 ×1\n  a 10/0 ×1\n    x 10/10 ×1\n  b 4/0 ×1\n    y 4/4 ×1');
    expect(profile!.notes).toEqual(['The last line is cut off: what is whole was read.']);
  });

  it.each([
    [
      'a line in the middle',
      `${JSON.stringify(traces('a', '1 x 0 1'))}\n{"cut\n${JSON.stringify(traces('a', '1 x 0 1'))}`,
      'x: line 2 is not complete JSON.',
    ],
    [
      'a time',
      { resourceSpans: [{ scopeSpans: [{ spans: [{ traceId: 'a', spanId: 'b', startTimeUnixNano: 'soon' }] }] }] },
      'x: resourceSpans[0].scopeSpans[0].spans[0].startTimeUnixNano is not a whole number of nanoseconds.',
    ],
    [
      'an id',
      { resourceSpans: [{ scopeSpans: [{ spans: [{ traceId: 'a' }] }] }] },
      'x: resourceSpans[0].scopeSpans[0].spans[0].spanId is missing.',
    ],
    ['no span', { resourceSpans: [] }, 'x: there is no span in it.'],
  ])('names what is wrong with %s', (_what, value, sentence) => {
    expect(() => read('x', value)).toThrow(`${sentence.slice(0, -1)}; write it again`);
  });

  it('of Jaeger, which gives spans without a duration a nanosecond: neither beside others nor after their parent', () => {
    const [profile] = read('x.json', traces('shop', '1 GET 0 10000', '2 < 1 begin 0 1', '3 < 1 work 0 10000', '4 < 3 end 10000 10001'));
    expect(profile!.notes).toEqual([]);
    const [beside] = read('x.json', traces('shop', '1 GET 0 10000', '2 < 1 begin 0 2', '3 < 1 work 0 10000', '4 < 3 end 9000 11001'));
    expect(beside!.notes).toEqual([
      '1 span ran beside a sibling: frames below one parent may add up to more than it.',
      '1 span ran on after its parent, or before it: only the part inside counts in its time.',
    ]);
  });

  it('leaves spans that go in a circle out instead of hanging, and says so', () => {
    const [profile] = read('x', traces('a', '1 < 2 p 0 1', '2 < 1 q 0 1', '3 r 0 5', '4 < 9 s 0 2'));
    expect(profile!.tree.children.map(({ name }) => name).sort()).toEqual(['r', 's']);
    expect(profile!.notes).toEqual([
      '1 span names a parent that is not in the file: it stands at the top.',
      '2 spans are their own ancestors: left out.',
    ]);
  });
});

describe('our own spans', () => {
  const recording = drawLines(
    `
    call glue predict 0..1000
      kernel kernel-execution MatMul 100..400
    call glue predict 2000..2500
    `,
    [{ temperature: 'cold-session' }],
  );
  const spans = () => [...traceBatches(spansFromRecording(recording).rows(), 100)].flatMap((batch) => [...batch.spans]);

  it('become a recording again, from JSON and from protobuf', () => {
    const json = Buffer.from(JSON.stringify(tracesDataFromSpans(spans())));
    const binary = ProtobufTraceSerializer.serializeRequest(spans())!;
    for (const bytes of [json, binary]) {
      const file = readForeignFile('x', bytes);
      if (file.kind !== 'traces') throw new Error('no spans in it');
      const back = recordingFromTraces(file.traces)!;
      expect(back.calls.map(({ startNanos, latencyNanos, temperature }) => ({ startNanos, latencyNanos, temperature }))).toEqual(
        recording.calls.map(({ startNanos, latencyNanos, temperature }) => ({ startNanos, latencyNanos, temperature })),
      );
      expect([...back.spans.durationNanos]).toEqual([1000, 300, 500]);
    }
  });

  it('keep their shapes, lists of text as they are', () => {
    const shaped = {
      ...recording,
      details: [{}, { outputShapes: ['[32,4]', '[8]'], op: 'MatMul' }],
      spans: { ...recording.spans, detail: Uint32Array.of(0, 1, 0) },
    };
    const sent = [...traceBatches(spansFromRecording(shaped).rows(), 100)].flatMap((batch) => [...batch.spans]);
    for (const bytes of [Buffer.from(JSON.stringify(tracesDataFromSpans(sent))), ProtobufTraceSerializer.serializeRequest(sent)!]) {
      const file = readForeignFile('x', bytes);
      if (file.kind !== 'traces') throw new Error('no spans in it');
      const back = recordingFromTraces(file.traces)!;
      expect(back.details[back.spans.detail[1]!]?.outputShapes).toEqual(['[32,4]', '[8]']);
    }
  });

  it('are read from a file of length-prefixed messages, as a collector writes it', () => {
    const message = ProtobufTraceSerializer.serializeRequest(spans())!;
    const prefixed = Buffer.concat(
      [0, 1].flatMap(() => [Buffer.from([0, 0, message.length >> 8, message.length & 255]), Buffer.from(message)]),
    );
    expect(readForeignProfile('x', prefixed)[0]!.tree.children[0]!.name).toBe('predict');
    const [cut] = readForeignProfile('x', prefixed.subarray(0, -10));
    expect(cut!.tree.children[0]!.name).toBe('predict');
    expect(cut!.notes).toEqual(['The last message is cut off: what is whole was read.']);
  });

  it.each([
    ['a varint, as protobuf writes streams', (length: number) => [(length & 127) | 128, length >> 7]],
    ['the head of a message of gRPC', (length: number) => [0, 0, 0, length >> 8, length & 255]],
  ])('are read where each message stands behind %s', (_, head) => {
    const message = Buffer.from(ProtobufTraceSerializer.serializeRequest(spans())!);
    expect(message.length).toBeGreaterThan(127);
    const framed = Buffer.concat([0, 1, 2].flatMap(() => [Buffer.from(head(message.length)), message]));
    const [all] = readForeignProfile('x', framed);
    expect(all!.notes).toEqual([expect.stringMatching(/^6 spans are in the file twice: counted once/)]);
    expect(readForeignProfile('x', framed.subarray(0, -10))[0]!.notes).toContain('The last message is cut off: what is whole was read.');
  });

  it.each([
    ['protocol buffers', () => ProtobufTraceSerializer.serializeRequest(spans())!],
    ['JSON', (json: object) => Buffer.from(JSON.stringify(json))],
  ])('are read where a collector packed each message of its own: %s', (_, message) => {
    const packed = zstdRaw(message(traces('s', '1 predict 0 10')));
    const length = Buffer.alloc(4);
    length.writeUInt32BE(packed.length);
    const file = Buffer.concat([length, packed, length, packed]);
    expect(readForeignProfile('x.zst', file)[0]!.tree.children[0]!.name).toBe('predict');
    expect(() => readForeignProfile('x.zst', file.subarray(0, -3))).toThrow('x.zst is compressed, but damaged or cut off');
  });

  it('are read under the name that the list of scopes had until 2022', () => {
    const message = Buffer.from(ProtobufTraceSerializer.serializeRequest(spans())!);
    // The key of field 2 within the resource becomes the two bytes of field 1000's, and the lengths around it grow with it.
    const { Type, Field } = protobuf;
    const raw = (name: string, id: number) => new Type(name).add(new Field('parts', id, 'bytes', 'repeated'));
    const decode = (type: protobuf.Type, bytes: Uint8Array) => (type.decode(bytes) as unknown as { parts: Uint8Array[] }).parts;
    const [resource] = decode(raw('Request', 1), message);
    const old = raw('Old', 1000)
      .encode({ parts: decode(raw('Resource', 2), resource!) })
      .finish();
    const bytes = raw('Request', 1)
      .encode({ parts: [old] })
      .finish();
    expect(readForeignProfile('x', bytes)[0]!.tree.children[0]!.name).toBe('predict');
  });
});

describe('a log that holds OTLP', () => {
  const document = JSON.stringify(traces('s', '1 request 0 100', '2 < 1 predict 10 90'));
  const second = JSON.stringify(traces('s', '3 request 200 300', '4 < 3 predict 210 290'));
  const [before, after] = [document.slice(0, 150), document.slice(150)];
  const docker = (log: string): string => JSON.stringify({ log, stream: 'stdout', time: '2026-01-01T00:00:00Z' });
  it.each([
    ['Docker', [docker(`${document}\n`), docker('ready\n'), docker(`${second}\n`)], 1],
    ['Docker, a line in parts', [docker(before), docker(`${after}\n`), docker(`${second}\n`)], 0],
    [
      'Kubernetes',
      [`2026-01-01T00:00:00.0Z stdout F ${document}`, '2026-01-01T00:00:00.1Z stderr F ready', `2026-01-01T00:00:00.2Z stdout F ${second}`],
      1,
    ],
    [
      'Kubernetes, a line in parts between those of another stream',
      [`0Z stdout P ${before}`, '0Z stderr F ready', `0Z stdout F ${after}`, `0Z stdout F ${second}`],
      1,
    ],
    ['kubectl logs --prefix', [`[pod/collector-1/collector] ${document}`, `[pod/collector-1/collector] ${second}`], 0],
    ['docker compose, in colour', [`\u001b[36mcollector-1  |\u001b[0m ${document}`, `collector-1  | ready`, `collector-1  | ${second}`], 1],
    ['journalctl --output json', [JSON.stringify({ MESSAGE: document, _PID: '1' }), JSON.stringify({ MESSAGE: second })], 0],
    ['aws logs', JSON.stringify({ events: [{ message: document }, { message: 'ready' }, { message: second }] }, null, 2).split('\n'), 11],
    ['a program that prints other things', ['listening on 8080', document, '{"level":30,"msg":"hi"}', second], 2],
  ])('is read: %s', (_, lines, others) => {
    const [profile] = read('a.log', `${lines.join('\n')}\n`);
    expect(draw(profile!.tree.children[0]!)).toBe('request 200/40 ×2\n  predict 160/160 ×2');
    const left = `${others === 1 ? '1 line' : `${others} lines`} of the log without telemetry: left out.`;
    expect(profile!.notes).toEqual(others === 0 ? [] : [left]);
  });

  it('is refused as the text that it is where it holds none, and damaged documents by what is wrong', () => {
    expect(() => read('a.log', 'ready\n{"level":30}\n')).toThrow('a.log: line 1 is not “frame;frame count”');
    expect(() => read('a.log', 'listening on 8080\nworker started, pid 17\n')).toThrow('a.log: no line of it is “frame;frame count”');
    expect(() => read('a.log', `x | ${document.replace('"traceId":"0', '"traceIt":"0')}\n`)).toThrow('traceId is missing');
    expect(() => read('a.jsonl', document.replace('"traceId":"0', '"traceIt":"0'))).toThrow(
      'resourceSpans[0].scopeSpans[0].spans[0].traceId is missing',
    );
  });
});

describe('Jaeger JSON', () => {
  it('reads what its page offers for download', () => {
    const data = [
      {
        traceID: 't',
        spans: [
          { traceID: 't', spanID: '1', operationName: 'GET', startTime: 1790000000000000, duration: 7, references: [], processID: 'p1' },
          {
            traceID: 't',
            spanID: '2',
            operationName: 'sql',
            startTime: 1790000000000001,
            duration: 3,
            references: [{ refType: 'CHILD_OF', traceID: 't', spanID: '1' }],
            processID: 'p1',
          },
        ],
        processes: { p1: { serviceName: 'shop' } },
      },
    ];
    expect(draw(read('x.json', { data })[0]!.tree)).toBe('x.json 7000/0 ×1\n  GET 7000/4000 ×1\n    sql 3000/3000 ×1');
    expect(() => read('x.json', { data: [{ spans: [{ traceID: 't' }] }] })).toThrow(
      'x.json: data[0].spans[0] lacks “traceID” or “spanID”;',
    );
    // The same without what the answer is wrapped in: one trace, traces in a list, spans in a list, each with its process.
    const [trace] = data;
    const spans = trace!.spans.map((span) => ({ ...span, processID: undefined, process: { serviceName: 'shop' } }));
    for (const alone of [trace, data, spans])
      expect(draw(read('x.json', alone)[0]!.tree)).toBe('x.json 7000/0 ×1\n  GET 7000/4000 ×1\n    sql 3000/3000 ×1');
    const lines = [{ data }, { data }].map((each) => JSON.stringify(each)).join('\n');
    for (const [file, notes] of [
      [data[0], []],
      [data, []],
      [lines, ['2 spans are in the file twice: counted once.']],
    ] as const) {
      const [profile] = read('x.json', file);
      expect([draw(profile!.tree), profile!.notes]).toEqual(['x.json 7000/0 ×1\n  GET 7000/4000 ×1\n    sql 3000/3000 ×1', notes]);
    }
  });
});

it('Zipkin’s first version has both sides of a call in one span, each between two annotations', () => {
  const at = (value: string, timestamp: number, serviceName: string) => ({ value, timestamp, endpoint: { serviceName } });
  const spans = [
    { traceId: 't', id: '1', name: 'get', annotations: [at('sr', 100, 'api'), at('ss', 200, 'api')], binaryAnnotations: [] },
    {
      traceId: 't',
      id: '2',
      parentId: '1',
      name: 'score',
      annotations: [at('cs', 110, 'api'), at('cr', 180, 'api'), at('sr', 120, 'model'), at('ss', 170, 'model')],
      binaryAnnotations: [],
    },
    { traceId: 't', id: '3', parentId: '2', name: 'run', timestamp: 130, duration: 20, binaryAnnotations: [at('lc', 0, 'model')] },
  ];
  const tree =
    'x.json 100000/0 ×1\n  api 100000/0 ×1\n    get 100000/30000 ×1\n      score 70000/20000 ×1\n        score 50000/30000 ×1\n          run 20000/20000 ×1';
  for (const file of [spans, [spans]]) expect(draw(read('x.json', file)[0]!.tree)).toBe(tree);
});

it('a trace of which the server gave only a part says so', () => {
  const partial = { trace: traces('a', '1 x 0 10'), status: 'PARTIAL', message: 'trace exceeds max size' };
  expect(read('x.json', partial)[0]!.notes).toEqual(['The server gave a part of the trace only: trace exceeds max size.']);
});

describe('references in Jaeger JSON', () => {
  it('only CHILD_OF says where a span stands', () => {
    const one = (spanID: string, startTime: number, references: readonly object[]) => ({
      traceID: 't',
      spanID,
      operationName: `span ${spanID}`,
      startTime,
      duration: 10,
      references,
      processID: 'p1',
    });
    const ref = (refType: string, spanID: string) => ({ refType, traceID: 't', spanID });
    const spans = [
      one('1', 0, []),
      one('2', 2, [ref('FOLLOWS_FROM', '3'), ref('CHILD_OF', '1')]),
      one('3', 20, [ref('FOLLOWS_FROM', '1')]),
    ];
    const [profile] = read('x.json', { data: [{ traceID: 't', spans, processes: { p1: { serviceName: 'shop' } } }] });
    expect(profile!.tree.children.map(({ name, children }) => [name, children.map((child) => child.name)])).toEqual([
      ['span 1', ['span 2']],
      ['span 3', []],
    ]);
  });
});

describe('bytes that are no known message', () => {
  it('are refused in one sentence', () => {
    const { Type, Field } = protobuf;
    const other = new Type('Other').add(new Field('x', 1, 'fixed64')).add(new Field('y', 3, 'bytes'));
    for (const bytes of [Uint8Array.of(0xff, 0xfe, 1, 2), other.encode({ x: 5, y: Uint8Array.of(200, 201) }).finish()]) {
      expect(() => readForeignFile('x.bin', bytes)).toThrow('x.bin holds bytes that are none of the formats that Inferscope reads');
    }
  });
});
