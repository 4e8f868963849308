import { gzipSync } from 'node:zlib';
import { describe, expect, it } from 'vitest';
import { compareProfiles } from '../../src/analyse/compare-profiles.js';
import type { FlameNode } from '../../src/model/analysis.js';
import { childrenOf, preOrder } from '../../src/model/pre-order.js';
import { readForeignProfile } from '../helpers/foreign-profile.js';
import { scanJson } from '../../src/formats/json-scan.js';
import { foldTree } from '../../src/formats/folded/write.js';
import { recurringPart } from '../../src/analyse/findings/one-time.js';
import { profileType } from '../../src/formats/pprof/schema.js';
import { topFrames } from '../../src/analyse/findings/top-frames.js';

const read = (name: string, value: unknown) =>
  readForeignProfile(name, Buffer.from(typeof value === 'string' ? value : JSON.stringify(value)));

/** Each frame as `name total/self ×count`, indented. */
function draw(tree: FlameNode): readonly string[] {
  const { nodes, parent } = preOrder(tree, childrenOf);
  const depth: number[] = [];
  return nodes
    .map(({ name, totalNanos, selfNanos, count }, row) => {
      depth[row] = row === 0 ? -1 : (depth[parent[row]!] ?? 0) + 1;
      return `${'  '.repeat(Math.max(0, depth[row]))}${name} ${totalNanos / 1000}/${selfNanos / 1000} ×${count}`;
    })
    .slice(1);
}
/** A trace drawn one event a line: phase, name, start, then duration or id. */
const event = (line: string) => {
  const [ph, name, ts, rest, cat] = line.split(' ');
  return {
    ph,
    name: name!.replaceAll('_', ' '),
    pid: 1,
    tid: 1,
    ts: Number(ts),
    ...(ph === 'X' ? { dur: Number(rest) } : {}),
    ...(/[besFS]/.test(ph!) ? { id: rest } : {}),
    ...(cat === undefined ? {} : { cat }),
  };
};
const chrome = (...lines: string[]) => read('t.json', { traceEvents: lines.map(event) });

describe('Chrome trace', () => {
  it('is read by time, and an end belongs to the begin of its name', () => {
    const inOrder = ['B outer 0', 'B a 10', 'E a 60', 'B b 65', 'E b 90', 'E outer 100'];
    const expected = ['outer 100/25 ×1', '  a 50/50 ×1', '  b 25/25 ×1'];
    expect(draw(chrome(...inOrder)[0]!.tree)).toEqual(expected);
    expect(draw(chrome('B outer 0', 'B a 10', 'B b 65', 'E a 60', 'E b 90', 'E outer 100')[0]!.tree)).toEqual(expected);
    const lost = chrome('B predict 0', 'B decode 10', 'E predict 100', 'B predict 200', 'E predict 300', 'E never 400')[0]!;
    expect(draw(lost.tree)).toEqual(['predict 200/200 ×2']);
    expect(lost.notes).toEqual(['1 event that begins never ends: left out.', '1 event that ends never began: left out.']);
  });

  it('matches asynchronous events by category and id, across threads, and leaves each its time where they overlap', () => {
    const { tree, notes } = chrome(
      'b request 0 1',
      'b tokenise 5 1',
      'b embed 20 1',
      'e tokenise 30 1',
      'e embed 70 1',
      'e request 100 1',
    )[0]!;
    expect(draw(tree)).toEqual(['request 100/35 ×1', '  tokenise 25/25 ×1', '  embed 50/50 ×1']);
    expect(notes).toEqual(['1 event overlaps with another one that does not hold it: they stand side by side, each with its whole time.']);
    expect(draw(chrome('b x 0 5 one', 'b y 10 5 two', 'e x 40 5 one', 'e y 100 5 two')[0]!.tree)).toEqual([
      'asynchronous 100/0 ×1',
      '  x 40/40 ×1',
      '  y 90/90 ×1',
    ]);
    const threads = read('t.json', {
      traceEvents: [
        { ph: 'b', name: 'run', cat: 'c', pid: 1, tid: 1, ts: 0, id2: { local: '0x2' } },
        { ph: 'e', name: 'run', cat: 'c', pid: 1, tid: 9, ts: 80, id2: { local: '0x2' } },
      ],
    })[0]!;
    expect([draw(threads.tree), threads.notes]).toEqual([['run 80/80 ×1'], []]);
    expect(draw(chrome('S old 0 7', 'F old 30 7')[0]!.tree)).toEqual(['old 30/30 ×1']);
  });

  it('keeps two processes apart that use one local id, and joins them by a global one', () => {
    const pair = (id2: object) => [
      { ph: 'b', name: 'x', pid: 1, tid: 1, ts: 0, id2 },
      { ph: 'b', name: 'x', pid: 2, tid: 1, ts: 5, id2 },
      { ph: 'e', name: 'x', pid: 1, tid: 1, ts: 10, id2 },
      { ph: 'e', name: 'x', pid: 2, tid: 1, ts: 25, id2 },
    ];
    const total = (id2: object) =>
      read('t.json', { traceEvents: pair(id2) })[0]!
        .tree.children.map(({ totalNanos }) => totalNanos / 1000)
        .sort((a, b) => a - b);
    expect(total({ local: 1 })).toEqual([10, 20]);
    const across = read('t.json', {
      traceEvents: [
        { ph: 'b', name: 'x', pid: 1, tid: 1, ts: 0, id2: { global: 1 } },
        { ph: 'e', name: 'x', pid: 2, tid: 1, ts: 10, id2: { global: 1 } },
      ],
    })[0]!;
    expect([draw(across.tree), across.notes]).toEqual([['x 10/10 ×1'], []]);
  });

  it('does not make calls of slight overlaps, and a child a rounding too long stays a child', () => {
    expect(draw(chrome('X a 0 10', 'X b 9.5 10', 'X c 19 5')[0]!.tree)).toEqual(['a 10/10 ×1', 'b 10/10 ×1', 'c 5/5 ×1']);
    expect(draw(chrome('X a 0 10', 'X b 4 7')[0]!.tree)).toEqual(['a 10/4 ×1', '  b 7/7 ×1']);
    expect(draw(chrome('X gemm 0 10 kernel', 'X relu 2 3 kernel')[0]!.tree)).toEqual(['gemm 10/10 ×1', 'relu 3/3 ×1']);
  });

  it('reads times as text, keeps durations of epoch times, and counts what it leaves out by kind', () => {
    const { tree, notes } = read('t.json', [
      { ph: 'X', name: 'a', pid: 1, tid: 1, ts: '1790000000000000.5', dur: '2.125' },
      { ph: 'C', name: 'c', ts: 1 },
      { ph: 'C', name: 'c', ts: 2 },
      { ph: 's', name: 'f', ts: 1 },
      { ph: 'X', name: 'bad', ts: 3, dur: -1 },
      { ph: 'X', name: 'bad', ts: 1e300, dur: 1 },
      { ph: 'X', name: 'bad' },
    ])[0]!;
    expect(draw(tree)).toEqual(['a 2.125/2.125 ×1']);
    expect(notes).toEqual(['Left out: 2 counter events, 1 flow event, 3 mistimed events.']);
  });

  it('reads sampled JavaScript, chunk by chunk, as a profile of the thread it was taken of', () => {
    const chunk = (cpuProfile: object, timeDeltas: readonly number[]) => ({
      ph: 'P',
      name: 'ProfileChunk',
      id: '0x1',
      pid: 4,
      tid: 5,
      ts: 1,
      args: { data: { cpuProfile, timeDeltas } },
    });
    const node = (id: number, functionName: string, parent?: number) => ({
      id,
      callFrame: { functionName, url: '', lineNumber: 0 },
      ...(parent === undefined ? {} : { parent }),
    });
    const profiles = read('t.json', {
      traceEvents: [
        { ph: 'M', name: 'thread_name', pid: 4, tid: 2, args: { name: 'Main' } },
        { ph: 'P', name: 'Profile', id: '0x1', pid: 4, tid: 2, ts: 1, args: { data: { startTime: 100 } } },
        chunk({ nodes: [node(1, '(root)'), node(2, 'frame', 1), node(3, 'predict', 2)], samples: [2, 3, 3] }, [10, 20, 20]),
        chunk({ samples: [2] }, [30]),
      ],
    });
    expect(profiles.map(({ name, tree }) => [name, ...draw(tree)])).toEqual([
      ['JavaScript of Main', 'frame 70/20 ×2', '  predict 50/50 ×2'],
    ]);
  });

  it('that is cut off gives what is whole in it, and says so', () => {
    const [whole] = read('t.json', '{"traceEvents":[{"ph":"X","name":"a","ts":0,"dur":1},{"ph":"X","na');
    expect([draw(whole!.tree), whole!.notes]).toEqual([['a 1/1 ×1'], ['The file is cut off: what is whole in it was read.']]);
  });
});

it('the old form of .cpuprofile: a tree, seconds around it, microseconds in it', () => {
  const node = (id: number, functionName: string, children: readonly object[] = []) => ({
    id,
    functionName,
    url: '',
    lineNumber: 1,
    hitCount: 1,
    children,
  });
  const old = {
    head: node(1, '(root)', [node(2, 'f', [node(3, 'g')])]),
    startTime: 5,
    endTime: 5.00001,
    samples: [2, 3],
    timestamps: [5000000, 5000004],
  };
  expect(draw(read('a.cpuprofile', old)[0]!.tree)).toEqual(['f 10/4 ×1', '  g 6/6 ×1']);
  expect(read('a.cpuprofile', { head: old.head })[0]!.unit).toBe('count');
});

it('the oldest form of .cpuprofile: nodes without a number, that say in milliseconds how long they ran', () => {
  const node = (functionName: string, selfTime: number, children: readonly object[] = []) => ({
    functionName,
    url: 'a.js',
    lineNumber: 3,
    callUID: 7,
    totalTime: 99,
    selfTime,
    children,
  });
  const root = node('(root)', 0, [node('row', 0.006, [node('row', 0.002)]), node('other', 0.001)]);
  for (const profile of [{ head: { ...root, url: '' } }, { topRoot: { ...root, url: '' }, bottomRoot: {} }]) {
    expect(draw(read('a.cpuprofile', profile)[0]!.tree)).toEqual(['other a.js:3 1/1 ×1', 'row a.js:3 8/6 ×1', '  row a.js:3 2/2 ×1']);
  }
  const without = { head: { functionName: '(root)', url: '', children: [] } };
  expect(() => read('a.cpuprofile', without)).toThrow('the node “(root)” has neither “id” nor “selfTime”');
});

it('pprof tells functions of one name apart by file and line, addresses by all their digits and their mapping', () => {
  const stringTable = ['', 'cpu', 'nanoseconds', 'run', '/app/a.js', '/lib/b.js', 'libx.so', 'once'];
  const location = [
    { id: 1, line: [{ functionId: 1, line: 3 }] },
    { id: 2, line: [{ functionId: 2, line: 7 }] },
    { id: 3, line: [{ functionId: 3, line: 9 }] },
    { id: 4, mappingId: 1, address: '18446744071578845184' },
    { id: 5, mappingId: 1, address: '18446744071578845185' },
    { id: 6, line: [{ functionId: 4 }] },
  ];
  const functions = [
    { id: 1, name: 3, filename: 4 },
    { id: 2, name: 3, filename: 5 },
    { id: 3, name: 3, filename: 5 },
    { id: 4, name: 7, filename: 4 },
  ];
  const bytes = profileType()
    .encode(
      profileType().fromObject({
        sampleType: [{ type: 1, unit: 2 }],
        mapping: [{ id: 1, filename: 6 }],
        sample: location.map(({ id }) => ({ locationId: [id], value: [id] })),
        location,
        function: functions,
        stringTable,
      }),
    )
    .finish();
  expect(readForeignProfile('x.pb', bytes)[0]!.tree.children.map(({ name, selfNanos }) => `${name} ${selfNanos}`)).toEqual([
    'run a.js 1',
    'run b.js:7 2',
    'run b.js:9 3',
    '0xffffffff81000000 libx.so 4',
    '0xffffffff81000001 libx.so 5',
    'once 6',
  ]);
});

describe('spans', () => {
  const T = '1790000000';
  /** `id<parent name from to service kind`, milliseconds. */
  const spansOf = (...lines: string[]) => ({
    resourceSpans: lines.map((line) => {
      const [ids, name, from, to, service = 's', kind = '1'] = line.split(' ');
      const [id, parent] = ids!.split('<');
      const at = (ms: string) => `${T}${ms.padStart(3, '0')}000000`;
      return {
        resource: { attributes: [{ key: 'service.name', value: { stringValue: service } }] },
        scopeSpans: [
          {
            spans: [
              {
                traceId: 'a'.padStart(32, '0'),
                spanId: id!.padStart(16, '0'),
                parentSpanId: parent === undefined ? '' : parent.padStart(16, '0'),
                name,
                kind: Number(kind),
                startTimeUnixNano: at(from!),
                endTimeUnixNano: at(to!),
              },
            ],
          },
        ],
      };
    }),
  });
  const millis = (tree: FlameNode) =>
    draw(tree).map((line) =>
      line.replace(/([\d.]+)\/([\d.]+) ×/, (_, total: string, self: string) => `${Number(total) / 1000}/${Number(self) / 1000} ×`),
    );

  it('a request takes its wall time, however much ran in it at once', () => {
    const { tree, notes } = read('x.json', spansOf('1 request 0 100', '2<1 a 10 90', '3<1 b 10 90', '4<1 c 10 90'))[0]!;
    expect(millis(tree)).toEqual(['request 100/20 ×1', '  a 80/80 ×1', '  b 80/80 ×1', '  c 80/80 ×1']);
    expect([tree.totalNanos, notes]).toEqual([
      100e6,
      ['2 spans ran beside a sibling: frames below one parent may add up to more than it.'],
    ]);
  });

  it('a callee of another process is moved into its caller, and what outlives its parent counts only inside of it', () => {
    const skewed = read('x.json', spansOf('1 call 100 200 web', '2<1 serve 500 560 db', '3<2 query 510 540 db'))[0]!;
    expect(millis(skewed.tree)).toEqual(['web 100/0 ×1', '  call 100/40 ×1', '    serve 60/30 ×1', '      query 30/30 ×1']);
    expect(skewed.notes).toEqual([
      '1 span of other processes lay outside of their callers, because clocks differ: moved into them, durations unchanged.',
    ]);
    const longer = read('x.json', spansOf('1 request 0 10', '2<1 background 5 500'))[0]!;
    expect(millis(longer.tree)).toEqual(['request 10/5 ×1', '  background 495/495 ×1']);
    expect(longer.notes).toEqual(['1 span ran on after its parent, or before it: only the part inside counts in its time.']);
  });

  it('caller and callee of one id are two spans, one that was sent twice is one', () => {
    const shared = read('x.json', spansOf('1 GET 0 100 web 3', '1 GET-server 10 90 api 2', '2<1 sql 20 60 api', '2<1 sql 20 60 api'))[0]!;
    expect(millis(shared.tree)).toEqual(['web 100/0 ×1', '  GET 100/20 ×1', '    GET-server 80/40 ×1', '      sql 40/40 ×1']);
    expect(shared.notes).toEqual(['1 span is in the file twice: counted once.', '1 span has the id of its caller: it stands below it.']);
  });

  const one = {
    traceId: 'AAAAAAAAAAAAAAAAAACrwQ==',
    spanId: 'AAAAAAAAAAE=',
    name: 'POST',
    startTimeUnixNano: '1790000000000000100',
    endTimeUnixNano: '1790000000000000400',
  };
  const inner = {
    ...one,
    spanId: '0000000000000002',
    parentSpanId: 'AAAAAAAAAAE=',
    traceId: '0000000000000000000000000000ABC1',
    name: 'sql',
    endTimeUnixNano: '1790000000000000200',
  };
  const expected = ['POST 0.3/0.2 ×1', '  sql 0.1/0.1 ×1'];
  const spelled = JSON.stringify({ spans: [one, inner] });
  it.each([
    ['resourceSpans', `{"resourceSpans":[{"scopeSpans":[${spelled}]}]}`],
    ['instrumentation libraries', `{"resourceSpans":[{"instrumentationLibrarySpans":[${spelled}]}]}`],
    ['Tempo', `{"batches":[{"scopeSpans":[${spelled}]}]}`],
    ['Tempo’s second version', `{"trace":{"resourceSpans":[{"scopeSpans":[${spelled}]}]}}`],
    ['an answer around one', `{"data":{"trace":{"resourceSpans":[{"scopeSpans":[${spelled}]}]}}}`],
    ['a list of documents', `[{"resourceSpans":[{"scopeSpans":[${spelled}]}]}]`],
    ['numbers, exactly', `{"resourceSpans":[{"scopeSpans":[${spelled.replace(/"(\d{19})"/g, '$1')}]}]}`],
    [
      'halves of numbers',
      `{"resourceSpans":[{"scopeSpans":[${spelled.replace(/"(\d{19})"/g, (_, digits: string) => JSON.stringify({ low: Number(BigInt.asIntN(32, BigInt(digits))), high: Number(BigInt(digits) >> 32n) }))}]}]}`,
    ],
    ['between other signals', `{"resourceLogs":[]}\n{"resourceMetrics":[{}]}\n{"resourceSpans":[{"scopeSpans":[${spelled}]}]}`],
  ])('OTLP as %s', (_what, text) => {
    expect(draw(read('x.json', text)[0]!.tree)).toEqual(expected);
  });

  it('within a document of another tool is not cut out of it', () => {
    expect(() => read('x.json', `{"found":[{"resourceSpans":[{"scopeSpans":[${spelled}]}]}]}`)).toThrow('JSON with the fields “found”');
  });

  it('of a file without traces says which signals it holds, and of rounded times that they are', () => {
    expect(() => read('x.jsonl', '{"resourceLogs":[]}\n{"resourceMetrics":[]}')).toThrow(
      'x.jsonl is OTLP with logs and metrics alone, which Inferscope does not read: spans are what is shown',
    );
    const rounded = read(
      'x.json',
      '{"resourceSpans":[{"scopeSpans":[{"spans":[{"traceId":"a","spanId":"b","startTimeUnixNano":1.79e18,"endTimeUnixNano":1.790000001e18}]}]}]}',
    )[0]!;
    expect(rounded.notes).toEqual(['Times of 2 spans were written as rounded numbers: they are exact to about 0.3 µs only.']);
  });

  it('Zipkin’s are read', () => {
    const zipkin = [
      { traceId: 't', id: '1', name: 'get', timestamp: 1000, duration: 10, localEndpoint: { serviceName: 'web' } },
      { traceId: 't', id: '2', parentId: '1', name: 'sql', timestamp: 1002, duration: 4, localEndpoint: { serviceName: 'web' } },
    ];
    for (const file of [zipkin, [zipkin]]) expect(draw(read('x.json', file)[0]!.tree)).toEqual(['get 10/6 ×1', '  sql 4/4 ×1']);
  });
});

describe('what cannot be read is told as what it is', () => {
  it.each<readonly [string, string | Uint8Array]>([
    ['an HTML page', '<!DOCTYPE html><html><title>Sign in'],
    ['a zip archive', Buffer.from('PK\u0003\u0004')],
    ['a program (ELF)', Buffer.from('\x7fELF\u0002\u0001')],
    ['a PNG picture', Buffer.from([0x89, 0x50, 0x4e, 0x47])],
    ['an SQLite database', 'SQLite format 3\0'],
    ['what `perf record` wrote', 'PERFILE2xxx'],
    ['what `perf script` prints', 'python 812 1934.123: 250000 cpu-clock:\n\t7f0 main (/bin/x)\n'],
    ['a heap snapshot of V8', '{"snapshot":{"meta":{}},"nodes":[1,2]}'],
    ['a TensorFlow.js model', '{"modelTopology":{},"weightsManifest":[]}'],
    ['a profile of Firefox', '{"meta":{},"threads":[]}'],
    ['the file is empty', ''],
  ])('%s', (what, content) => {
    expect(() => readForeignProfile('f', Buffer.from(content))).toThrow(what);
    expect(() => readForeignProfile('f', Buffer.from(content))).not.toThrow(/damaged|permissions|binary/);
  });

  it('stacks whose first frame is in brackets, and text of PowerShell, are read all the same', () => {
    expect(draw(read('a.micros.txt', '[libc];main 3\n[unknown];x 2\n')[0]!.tree)).toEqual([
      '[libc] 3/0 ×1',
      '  main 3/3 ×1',
      '[unknown] 2/0 ×1',
      '  x 2/2 ×1',
    ]);
    expect(readForeignProfile('a.micros.txt', Buffer.from('\ufeffa;b 3\n', 'utf16le'))[0]!.tree.totalNanos).toBe(3000);
  });
});

describe('unpacking', () => {
  it('undoes zstd, and refuses what is cut off or changed', () => {
    // `a;b 3` forty times, as Node.js 24 packs it.
    const zstd = Buffer.from('28b52ffd20f06d000030613b6220330a0100e750a508', 'hex');
    for (const packed of [zstd, Buffer.concat([zstd, zstd])])
      expect(readForeignProfile('a.txt.zst', packed)[0]!.tree.totalNanos).toBe((120 * packed.length) / zstd.length);
    // A frame that holds no data, before and between: pzstd and others write them.
    const empty = Buffer.from('502a4d180400000001020304', 'hex');
    expect(readForeignProfile('a.txt.zst', Buffer.concat([empty, zstd, empty, zstd]))[0]!.tree.totalNanos).toBe(240);
    const packed = gzipSync('a;b 3\n'.repeat(1000));
    expect(() => readForeignProfile('a.txt.gz', packed.subarray(0, -9))).toThrow('compressed, but damaged or cut off');
    const changed = Buffer.from(packed);
    changed[changed.length - 6]! ^= 1;
    expect(() => readForeignProfile('a.txt.gz', changed)).toThrow('compressed, but damaged or cut off');
    expect(() => readForeignProfile('a.txt.zst', zstd.subarray(0, -4))).toThrow('compressed, but damaged or cut off');
    expect(readForeignProfile('a.txt.gz', Buffer.concat([gzipSync('a;b 3\n'), gzipSync('a;b 4\n')]))[0]!.tree.totalNanos).toBe(7);
  });

  it('ends where more comes out than is allowed, and says how to allow it', () => {
    const bomb = gzipSync(Buffer.concat([Buffer.from('{"traceEvents":['), Buffer.alloc(70 * 1024 * 1024, ' ')]));
    expect(() => readForeignProfile('bomb.gz', bomb)).toThrow(
      /^bomb\.gz unpacks to more than 250 times its size .*INFERSCOPE_UNPACK_LIMIT_MB/,
    );
  });
});

describe('depth and length are no limit', () => {
  const DEPTH = 12_000;
  const deepest = (tree: FlameNode): number => preOrder(tree, childrenOf).nodes.length - 1;
  it.each<readonly [string, () => unknown]>([
    [
      'cpuprofile',
      () => ({
        nodes: Array.from({ length: DEPTH }, (_, i) => ({
          id: i + 1,
          callFrame: { functionName: `f${i}`, url: '' },
          children: i + 1 < DEPTH ? [i + 2] : [],
        })),
        samples: [DEPTH, DEPTH],
        timeDeltas: [0, 5],
      }),
    ],
    [
      'chrome',
      () => ({
        traceEvents: Array.from({ length: DEPTH }, (_, i) => ({ ph: 'X', name: `f${i}`, pid: 1, tid: 1, ts: i, dur: 3 * DEPTH - 2 * i })),
      }),
    ],
    [
      'spans',
      () => ({
        resourceSpans: [
          {
            scopeSpans: [
              {
                spans: Array.from({ length: DEPTH }, (_, i) => ({
                  traceId: 't',
                  spanId: `s${i}`,
                  ...(i === 0 ? {} : { parentSpanId: `s${i - 1}` }),
                  name: 'f',
                  startTimeUnixNano: String(i),
                  endTimeUnixNano: String(3 * DEPTH - i),
                })),
              },
            ],
          },
        ],
      }),
    ],
    ['collapsed', () => `${Array.from({ length: DEPTH }, (_, i) => `f${i}`).join(';')} 3\nx 1\n`],
    [
      'speedscope',
      () => ({
        shared: { frames: Array.from({ length: DEPTH }, (_, i) => ({ name: `f${i}` })) },
        profiles: [{ type: 'sampled', name: 'p', unit: 'none', samples: [Array.from({ length: DEPTH }, (_, i) => i)], weights: [3] }],
      }),
    ],
  ])('%s', (name, make) => {
    const file = make();
    const profile = read(name, file)[0]!;
    expect(deepest(profile.tree)).toBeGreaterThanOrEqual(DEPTH - 1);
    expect(compareProfiles(profile, profile, { basis: 'share' }).diff.children.length).toBeGreaterThan(0);
    expect(topFrames(profile.tree, 3).length).toBeGreaterThan(0);
    expect(recurringPart(profile).tree.totalNanos).toBe(profile.tree.totalNanos);
    expect(foldTree({ ...profile.tree, children: [] })).toBe('');
  });

  it('a value may lie over the ends of any number of pieces', () => {
    const text = '{"a":"x\\"y\\\\","list":[1,{"b":"ü]}"},"]"],"c":null} {"list":[2.5]}';
    const bytes = Buffer.from(text);
    for (let size = 1; size <= bytes.length; size++) {
      const seen: unknown[] = [];
      const chunks = () => Array.from({ length: Math.ceil(bytes.length / size) }, (_, i) => bytes.subarray(i * size, (i + 1) * size));
      const end = scanJson(
        { name: 'x', chunks },
        {
          listAt: (path) => (path === 'list' ? (element) => seen.push(element) : null),
          looksInto: (path) => path === '',
          begin: () => undefined,
          end: (rest) => seen.push(rest),
        },
      );
      expect([end, seen]).toEqual(['whole', [1, { b: 'ü]}' }, ']', { a: 'x"y\\', c: null, list: undefined }, 2.5, { list: undefined }]]);
    }
  });
});

it.each([
  [
    'speedscope',
    { shared: { frames: [{ name: 'f' }] }, profiles: [{ type: 'sampled', name: 'p', unit: 'none', samples: [[0]], weights: [-1] }] },
  ],
  ['collapsed', `a;b ${'9'.repeat(40)}`],
  ['cpuprofile', { nodes: [{ id: 1, callFrame: { functionName: 'f' } }], samples: [1, 1], timeDeltas: [0, 1e18] }],
])('%s with a number that cannot be is refused in one sentence', (name, value) => {
  expect(() => read(name, value)).toThrow(new RegExp(`^${name}: [^\\n]+\\.$`));
});
