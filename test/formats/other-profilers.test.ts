/** What files of other profilers hold that few of them do, drawn after files found in the tests of those tools. */
import { describe, expect, it } from 'vitest';
import type { FlameNode } from '../../src/model/analysis.js';
import { readForeignProfile } from '../helpers/foreign-profile.js';
import { profileType } from '../../src/formats/pprof/schema.js';
import { profilesHeadline } from '../../src/report/studies/profiles/headline.js';

const read = (name: string, value: unknown) =>
  readForeignProfile(name, Buffer.from(typeof value === 'string' ? value : JSON.stringify(value)));

/** Own time of each frame that has some. */
function own(tree: FlameNode): string {
  const found: string[] = [];
  const waiting = [tree];
  for (let node = waiting.pop(); node !== undefined; node = waiting.pop()) {
    if (node.selfNanos > 0) found.push(`${node.name} ${node.selfNanos}`);
    waiting.push(...node.children);
  }
  return found.sort().join(', ');
}

describe('a Chrome trace of Node’s async_hooks', () => {
  it('does not add up waiting that went on at once, and lifetimes of resources are no headline', () => {
    const life = (id: number) => [
      { ph: 'b', name: 'PROMISE', cat: 'node,node.async_hooks', pid: 1, tid: 1, ts: 0, id },
      { ph: 'e', name: 'PROMISE', cat: 'node,node.async_hooks', pid: 1, tid: 1, ts: 100, id },
    ];
    const score = { ph: 'X', name: 'score', cat: 'c', pid: 1, tid: 1, ts: 5, dur: 20 };
    const profiles = read('t.json', { traceEvents: [score, ...life(1), ...life(2), ...life(3)] });
    expect(profiles.map(({ tree }) => [tree.totalNanos, own(tree)])).toEqual([[120_000, 'PROMISE 300000, score 20000']]);
    expect(profilesHeadline({ title: 't', version: '', profiles, comparisons: [], confidence: 0.95, paths: [] })).toMatchObject({
      use: 'score takes 17 % of t.json.',
    });
  });
});

describe('a Chrome trace with samples beside its events, as Hermes writes it', () => {
  const sample = (line: string) => {
    const [ts, tid, sf] = line.split(' ');
    return { cpu: '-1', name: '', ts, pid: 7, tid, weight: '1', sf: Number(sf) };
  };
  const stackFrames = {
    1: { name: '[root]', category: 'root' },
    2: { name: 'predict', parent: 1 },
    3: { name: 'decode', parent: 2 },
  };
  const name = { name: 'thread_name', ph: 'M', pid: 7, tid: '1', args: { name: 'js' } };
  const trace = (event: object, ...lines: string[]) => ({ traceEvents: [name, event], samples: lines.map(sample), stackFrames });
  const lines = ['1000 1 1', '1010 1 3', '1000 2 2', '1030 1 2', '1100 2 1', '1050 1 1', '1060 1 9'];

  it('has a profile for each thread that was sampled, and no empty one', () => {
    const profiles = read('h.json', trace({ ...name, ph: 'X', name: 'js', ts: '1000', dur: 0 }, ...lines));
    expect(profiles.map(({ name, taken, tree }) => `${name}, ${taken}: ${own(tree)}`)).toEqual([
      'JavaScript of js, samples: [root] 10000, decode 20000, predict 20000',
      'JavaScript of h.json, samples: predict 100000',
    ]);
    expect(profiles[0]!.notes).toEqual([
      'JavaScript of js: 1 samples are of functions that the trace does not name: left out.',
      'Nothing takes time in “h.json”: left out.',
    ]);
  });

  it('goes beside events that take time', () => {
    expect(read('h.json', trace({ ...name, ph: 'X', name: 'job', ts: 1000, dur: 5 }, ...lines)).map(({ name }) => name)).toEqual([
      'h.json',
      'JavaScript of js',
      'JavaScript of h.json',
    ]);
  });

  it('is refused where frames go in a circle', () => {
    const round = { ...trace({}, '1 1 2', '2 1 2'), stackFrames: { 1: { name: 'a', parent: 2 }, 2: { name: 'b', parent: 1 } } };
    expect(() => read('h.json', round)).toThrow('h.json: the node 1 is its own ancestor');
  });
});

describe('speedscope', () => {
  const evented = (...events: string[]) => ({
    shared: { frames: [{ name: 'outer' }, { name: 'inner' }] },
    profiles: [
      {
        type: 'evented',
        name: 'p',
        unit: 'microseconds',
        startValue: 0,
        endValue: 100,
        events: events.map((line) => {
          const [type, frame, at] = line.split(' ');
          return { type, frame: Number(frame), at: Number(at) };
        }),
      },
    ],
  });

  it('has frames that never closed open until the end, and says so', () => {
    const [profile] = read('s.json', evented('O 0 0', 'O 1 10', 'C 1 30', 'O 1 60'));
    expect(own(profile!.tree)).toBe('inner 60000, outer 40000');
    expect(profile!.notes).toEqual(['2 frames of “p” never closed: taken as open until the profile’s end.']);
    expect(read('s.json', evented('O 0 0', 'C 0 100'))[0]!.notes).toEqual([]);
  });

  it('in which nothing takes time is refused: a zero is no answer', () => {
    expect(() => read('s.json', evented('O 0 5', 'C 0 5'))).toThrow('s.json: nothing in it takes time');
    expect(() =>
      read('c.cpuprofile', {
        nodes: [{ id: 1, callFrame: { functionName: 'f' } }],
        startTime: 5,
        endTime: 5,
        samples: [1],
        timeDeltas: [0],
      }),
    ).toThrow('c.cpuprofile: nothing in it takes time');
  });
});

it('a pprof that is a difference has what there is less of in a profile of its own, never added to the rest', () => {
  const bytes = profileType()
    .encode({
      sampleType: [{ type: 1, unit: 2 }],
      sample: [
        { locationId: [1], value: [-400] },
        { locationId: [2], value: [300] },
        { locationId: [1], value: [100] },
      ],
      location: [
        { id: 1, line: [{ functionId: 1 }] },
        { id: 2, line: [{ functionId: 2 }] },
      ],
      function: [
        { id: 1, name: 3 },
        { id: 2, name: 4 },
      ],
      stringTable: ['', 'cpu', 'nanoseconds', 'f', 'g'],
    })
    .finish();
  const profiles = readForeignProfile('d.pb', bytes);
  expect(profiles.map(({ name, tree }) => `${name}: ${own(tree)}`)).toEqual(['d.pb: f 100, g 300', '(less): f 400']);
  expect(profiles[0]!.notes).toEqual(['A difference of two profiles: 1 sample is negative, told as what there is less of.']);
});

it('counts may end in a point', () => {
  expect(own(read('c.txt', 'a;b 31.0\na;c 6.\n')[0]!.tree)).toBe('b 31, c 6');
});

describe('a Chrome trace', () => {
  const whole = (name: string, ts: number, dur?: number) => ({ ph: 'X', name, ts, pid: 1, tid: 1, ...(dur === undefined ? {} : { dur }) });

  it('whose event has no duration says that it never ended, alone as well', () => {
    const [profile] = read('x.json', [whole('run', 0, 100), whole('open', 20)]);
    expect([own(profile!.tree), profile!.notes]).toEqual(['run 100000', ['1 event that begins never ends: left out.']]);
    expect(() => read('x.json', [whole('open', 20), { ph: 'i', name: 'mark', ts: 1 }])).toThrow(
      'x.json: there is no event with a duration in it (1 event that begins never ends: left out; Left out: 1 instant event);',
    );
  });

  it('is read where tools write what is no JSON: NaN, infinite numbers, single backslashes, raw tabs', () => {
    const odd = String.raw`{"ph":"X","name":"C:\Users\x is NaN, inf\u00e4 \" \\	","ts":0,"dur":7,"args":{"a":NaN,"b":-Infinity,"c":[nan,-inf],"d":1e5}}`;
    const [profile] = read('x.json', `[${odd}]`);
    expect(profile!.tree.children.map(({ name }) => name)).toEqual(['C:\\Users\\x is NaN, infä " \\\t']);
    expect(() => read('x.json', '[{"ph":"X","name":"a","ts":0,"dur":NaN}]')).toThrow('(Left out: 1 mistimed event)');
    expect(() => read('x.json', '[{"ph":"X","name":a}]')).toThrow('x.json: line 1, [0], is not complete JSON');
  });

  it('may have each event on a line of its own', () => {
    expect(own(read('x.jsonl', [whole('a', 0, 100), whole('b', 10, 50)].map((each) => JSON.stringify(each)).join('\n'))[0]!.tree)).toBe(
      'a 50000, b 50000',
    );
  });

  it('lets a whole profile within it last until its own end', () => {
    const nodes = [
      { id: 1, callFrame: { functionName: '(root)' } },
      { id: 2, parent: 1, callFrame: { functionName: 'f' } },
    ];
    const cpuProfile = { nodes, samples: [2, 2], timeDeltas: [0, 1000], startTime: 500, endTime: 3500 };
    expect(own(read('x.json', [{ ph: 'I', name: 'CpuProfile', pid: 1, tid: 1, ts: 0, args: { data: { cpuProfile } } }])[0]!.tree)).toBe(
      'f 3000000',
    );
  });
});

describe('a .cpuprofile', () => {
  const nodes = (hits: readonly number[]) =>
    ['(root)', 'f', 'g'].map((functionName, i) => ({
      id: i + 1,
      hitCount: hits[i],
      callFrame: { functionName },
      ...(i === 0 ? {} : { parent: 1 }),
    }));
  const times = { startTime: 1000, endTime: 5000 };
  const note = ['When each sample was taken is not in the file: all count as the same part of the time from its start to its end.'];

  it.each([
    ['without deltas shares its time among its samples', { nodes: nodes([]), samples: [2, 2, 2, 3], ...times }],
    ['without samples shares it among the hits', { nodes: nodes([0, 3, 1]), samples: [], timeDeltas: [], ...times }],
    [
      'of the old form without time stamps does so too, from seconds',
      {
        head: {
          functionName: '(root)',
          id: 1,
          children: [
            { functionName: 'f', id: 2, children: [] },
            { functionName: 'g', id: 3, children: [] },
          ],
        },
        samples: [2, 3, 2, 2],
        startTime: 0.001,
        endTime: 0.005,
      },
    ],
  ])('%s', (_, profile) => {
    const [read1] = read('x.cpuprofile', profile);
    expect([read1!.unit, own(read1!.tree), read1!.notes]).toEqual(['time', 'f 3000000, g 1000000', note]);
  });

  it('without a time at all counts', () => {
    const [profile] = read('x.cpuprofile', { nodes: nodes([0, 3, 1]) });
    expect([profile!.unit, own(profile!.tree)]).toEqual(['count', 'f 3, g 1']);
  });

  it('may be in the answer of V8’s inspector, and have no callFrame', () => {
    const flat = [
      { id: 1, functionName: '(root)', children: [2] },
      { id: 2, functionName: 'f' },
    ];
    const profile = { nodes: flat, samples: [2], timeDeltas: [0], startTime: 0, endTime: 9 };
    for (const document of [{ profile }, { id: 5, result: { profile } }]) expect(own(read('x.json', document)[0]!.tree)).toBe('f 9000');
  });
});

describe('a file of a tool that is not read says whose it is', () => {
  const words = (...values: number[]): Buffer => Buffer.from(BigUint64Array.from(values.map(BigInt)).buffer);
  it.each([
    ['a profile of gperftools or of an old Go', words(0, 3, 0, 10_000, 0, 1, 1, 4_660)],
    ['a profile of gperftools or of an old Go', Buffer.from(Uint32Array.of(0, 3, 0, 10_000, 0, 1, 3, 9).buffer)],
    [
      'a profile of gperftools or of an old Go',
      'heap profile:    144:  8498176 [   144:  8498176] @ heapz_v2/524288\n     1: 9216 [1: 9216] @ 0xc6\n',
    ],
    ['a profile of gperftools or of an old Go', '--- contentionz 1 ---\ncycles/second = 3201000000\n'],
    ['a profile of gperftools or of an old Go', 'threadcreate profile: total 7\n1 @ 0x44cb3 0x45045\n'],
    ['what Callgrind writes', '# callgrind format\nevents: Instructions\n'],
    ['what `perf script` prints', 'java 19983 cycles:\nffffffff8103d0ca native_write_msr_safe ([kernel.kallsyms])\n'],
    [
      'what `perf script` prints',
      'node-v011 31912 cpu-clock: \n            13a80b608e0a LazyCompile:~body_0 x.js:1 (/tmp/perf-7539.map)\n',
    ],
    ['spans of Datadog', [[{ trace_id: 1, span_id: 2, parent_id: 0, start: 5, duration: 5 }]]],
    ['an answer of AWS X-Ray', { Traces: [{ Segments: [] }] }],
    ['the result of a search in Tempo', { traces: [{ traceID: 'a' }], metrics: {} }],
    ['what the ConsoleSpanExporter of OpenTelemetry prints', { name: 'a', context: {}, parent_id: null, start_time: '' }],
    ['what the ConsoleSpanExporter of OpenTelemetry prints', "{\n  resource: {\n    attributes: { 'service.name': 'api' }\n"],
    ['what `node --prof` writes or its summary', 'v8-version,11,3,244,8,-node.16,0\ntick,0x1,1,0,0x0,6\n'],
    ['a list of metrics (Prometheus)', '# HELP x y\n# TYPE x counter\nx{a="b"} 5\n'],
    ['spans of New Relic', [{ common: {}, spans: [{ id: 'a', 'trace.id': 't' }] }]],
    ['spans of Phoenix (OpenInference)', { data: [{ span_kind: 'LLM', context: { trace_id: 'a' }, parent_id: null, start_time: 'x' }] }],
    ['a table of spans of Phoenix (OpenInference)', { name: {}, span_kind: {}, 'context.span_id': {} }],
    ['a trace of Langfuse', { id: 't', observations: [{ id: 'o', traceId: 't', type: 'SPAN' }] }],
    ['observations of Langfuse', [{ id: 'o', traceId: 't', parentObservationId: null, startTime: 'x' }]],
    ['runs of LangSmith', [{ id: 'r', run_type: 'llm', start_time: 'x', trace_id: 't' }]],
    ['an answer of SkyWalking', { data: { trace: { spans: [{ segmentId: 's', endpointName: 'x' }] } } }],
    ['what an agent of Elastic APM sends', '{"metadata":{"service":{"agent":{}}}}\n{"transaction":{"id":"a","trace_id":"b"}}\n'],
    ['an HTTP archive (HAR)', { log: { version: '1.2', entries: [] } }],
    ['what pyinstrument writes as JSON', { start_time: 1, duration: 2, root_frame: {} }],
    ['a model of TensorFlow Lite', Buffer.from('\u001c\0\0\0TFL3\u0014\0')],
    ['statistics of cProfile', Buffer.from('fb2903fa0a2e2e2f776f726b2e7079e905000000', 'hex')],
    ['what `memray run` writes', Buffer.from('04224d184040c083380000fa046d656d726179000d', 'hex')],
    ['a method trace of Android', Buffer.from('SLOW\u0003\0\u0010\0')],
    ['a table (CSV)', '"Index","KernelName","gpu-id","DurationNs"\n0,"gemm",1,100\n'.replace('gpu-id', 'gpu_id')],
    ['an SVG picture, such as a drawn flamegraph', '<?xml version="1.0"?><!DOCTYPE svg PUBLIC "x"><svg version="1.1"></svg>'],
    ['what `tf.profile()` of TensorFlow.js gives', { newBytes: 1, kernels: [], peakBytes: 3 }],
  ])('%s', (what, written) => {
    const content = typeof written === 'string' || Buffer.isBuffer(written) ? written : JSON.stringify(written);
    expect(() => readForeignProfile('x', Buffer.from(content))).toThrow(`x is ${what}, which Inferscope does not read: `);
  });
});

describe('the headline of a profile', () => {
  const use = (profile: object) =>
    profilesHeadline({ title: 'x', version: '0', profiles: read('x.cpuprofile', profile), comparisons: [], paths: [], confidence: 0.95 });
  const sampled = (...samples: number[]) => ({
    nodes: ['(root)', '(idle)', 'f'].map((functionName, i) => ({ id: i + 1, callFrame: { functionName } })),
    samples,
    timeDeltas: samples.map(() => 1000),
    startTime: 0,
    endTime: 1000 * (samples.length + 1),
  });

  it('is not that it waited', () => {
    expect(use(sampled(2, 3, 2, 2)).use).toBe('f takes 25 % of x.cpuprofile, which was idle for 75 %.');
    expect(use(sampled(2, 2)).use).toBe('No JavaScript ran while x.cpuprofile was recorded.');
  });

  it('is no share above the whole', () => {
    const span = (spanId: string, name: string, from: number, to: number) => ({
      traceId: 'a',
      spanId,
      ...(spanId === '1' ? {} : { parentSpanId: '1' }),
      name,
      startTimeUnixNano: from,
      endTimeUnixNano: to,
    });
    const spans = [span('1', 'all', 0, 100), span('2', 'part', 10, 90), span('3', 'part', 10, 90)];
    expect(use({ resourceSpans: [{ scopeSpans: [{ spans }] }] }).use).toBe(
      'part takes 160 ns within the 100 ns of x.cpuprofile: several ran at once.',
    );
  });
});
