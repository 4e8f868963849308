import { gzipSync } from 'node:zlib';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { FlameNode } from '../../src/model/analysis.js';
import { UserError } from '../../src/model/errors.js';
import { readForeignProfile } from '../helpers/foreign-profile.js';
import { profileType } from '../../src/formats/pprof/schema.js';

const read = (name: string, value: unknown) =>
  readForeignProfile(name, Buffer.from(typeof value === 'string' ? value : JSON.stringify(value)));

/** A tree as indented text: `name total/self stage`. */
const draw = (node: FlameNode, indent = ''): string =>
  [
    `${indent}${node.name} ${node.totalNanos}/${node.selfNanos} ${node.stage}`,
    ...node.children.map((child) => draw(child, `${indent}  `)),
  ].join('\n');

const CPU = {
  startTime: 0,
  endTime: 60,
  nodes: [
    { id: 1, callFrame: { functionName: '(root)', url: '', lineNumber: -1 }, children: [2, 4] },
    { id: 2, callFrame: { functionName: 'predict', url: 'file:///app/run.js', lineNumber: 11 }, children: [3] },
    { id: 3, callFrame: { functionName: 'tf_op_MatMul', url: '', lineNumber: -1 } },
    { id: 4, callFrame: { functionName: '(garbage collector)', url: '', lineNumber: -1 } },
  ],
  samples: [2, 3, 3, 4],
  timeDeltas: [10, 10, 10, 20],
};

describe('.cpuprofile', () => {
  it('lets each sample last until the next and knows native operations and gc by name', () => {
    expect(draw(read('a.cpuprofile', CPU)[0]!.tree)).toBe(
      [
        'a.cpuprofile 50000/0 glue',
        '  predict run.js:12 40000/10000 glue',
        '    tf_op_MatMul 30000/30000 kernel-execution',
        '  (garbage collector) 10000/10000 gc',
      ].join('\n'),
    );
  });

  it('puts samples in order first: V8 writes negative deltas', () => {
    // At 10, 30 and 25 microseconds: predict, MatMul, predict again before it.
    const { tree } = read('a.cpuprofile', { ...CPU, samples: [2, 3, 2], timeDeltas: [10, 20, -5] })[0]!;
    expect(draw(tree)).toBe(
      ['a.cpuprofile 50000/0 glue', '  predict run.js:12 50000/20000 glue', '    tf_op_MatMul 30000/30000 kernel-execution'].join('\n'),
    );
  });

  it('names the field at fault', () => {
    expect(() => read('a.cpuprofile', { ...CPU, samples: [9, 3, 3, 4] })).toThrow(/samples\[0\] names the node 9/);
    expect(() => read('a.cpuprofile', { ...CPU, nodes: [{ id: 1 }] })).toThrow(/nodes\[0\] lacks/);
    expect(() => read('a.cpuprofile', { ...CPU, nodes: CPU.nodes.map((n) => (n.id === 3 ? { ...n, children: [2] } : n)) })).toThrow(
      /its own ancestor/,
    );
  });
});

describe('collapsed stacks', () => {
  it('takes the unit from the name and says so when there is none', () => {
    expect(draw(read('a.micros.txt', 'p;x 2\np;y 3\n')[0]!.tree)).toBe('p 5000/0 glue\n  x 2000/2000 glue\n  y 3000/3000 glue');
    expect(read('a.txt', 'p;x 2')[0]!.notes).toEqual(['The file does not state a unit: a count of 1 is shown as 1 ns.']);
  });

  it('keeps samples without a stack, as py-spy writes of threads that are in no function of Python', () => {
    const [profile] = readForeignProfile('x.txt', Buffer.from('main;predict 4\n 15\nmain 1\n'));
    expect(profile!.tree.totalNanos).toBe(20);
    expect(profile!.tree.children.map(({ name, totalNanos }) => `${name} ${totalNanos}`).sort()).toEqual(['(no stack) 15', 'main 5']);
  });

  it('gives two profiles for a differential file', () => {
    expect(read('a.txt', 'p;x 2 5\np;y 0 1').map(({ name, tree }) => `${name}: ${tree.totalNanos}`)).toEqual([
      'a.txt (before): 2',
      'a.txt (after): 6',
    ]);
  });

  it('lets the name say whether a file is a difference, for frames that end in a number', () => {
    const sides = (name: string) =>
      read(name, 'p;layer 2 5\np;layer 3 1').map(({ tree }) => `${tree.children.map((child) => child.name).join()} ${tree.totalNanos}`);
    expect(sides('a.txt')).toEqual(['layer 5', 'layer 6']);
    expect(sides('a.nanos.collapsedstack.txt')).toEqual(['layer 2,layer 3 6']);
    expect(() => read('a.difffolded.txt', 'p;x 2 5\np;y 1')).toThrow('a.difffolded.txt: line 2 is not');
  });

  it('names the line at fault', () => {
    expect(() => read('a.txt', 'p;x 2\nnonsense')).toThrow('a.txt: line 2 is not');
    expect(() => read('a.txt', '')).toThrow('the file is empty');
    expect(() => read('a.txt', '\n')).toThrow('no stack');
  });
});

describe('Chrome trace', () => {
  it('reads what ONNX Runtime writes: operations by type, empty markers left out', () => {
    const trace = [
      { cat: 'Session', pid: 1, tid: 1, dur: 100, ts: 0, ph: 'X', name: 'model_run', args: {} },
      { cat: 'Node', pid: 1, tid: 1, dur: 0, ts: 5, ph: 'X', name: 'conv1_fence_before', args: { op_name: 'Conv' } },
      {
        cat: 'Node',
        pid: 1,
        tid: 1,
        dur: 40,
        ts: 5,
        ph: 'X',
        name: 'conv1_kernel_time',
        args: { op_name: 'Conv', input_type_shape: [{ float: [1, 3] }] },
      },
      { cat: 'Node', pid: 1, tid: 1, dur: 20, ts: 50, ph: 'X', name: 'conv2_kernel_time', args: { op_name: 'Conv' } },
    ];
    const [profile] = read('ort.json', trace);
    expect(draw(profile!.tree)).toBe(
      ['ort.json 100000/0 glue', '  model_run 100000/40000 glue', '    Conv 60000/60000 kernel-execution'].join('\n'),
    );
    expect(profile!.tree.children[0]!.children[0]!.shapes).toEqual(['[{"float":[1,3]}]']);
  });

  it('keeps threads apart, pairs B with E and b with e', () => {
    const traceEvents = [
      { ph: 'M', name: 'thread_name', pid: 1, tid: 2, args: { name: 'worker' } },
      { ph: 'B', name: 'aten::linear', cat: 'cpu_op', pid: 1, tid: 1, ts: 0 },
      { ph: 'B', name: 'aten::mm', cat: 'cpu_op', pid: 1, tid: 1, ts: 2 },
      { ph: 'E', pid: 1, tid: 1, ts: 7 },
      { ph: 'E', pid: 1, tid: 1, ts: 10 },
      { ph: 'X', name: 'copy', pid: 1, tid: 2, ts: 3, dur: 4 },
      { ph: 'B', name: 'never ends', pid: 1, tid: 2, ts: 8 },
    ];
    const [profile] = read('torch.json', { traceEvents });
    expect(profile!.notes).toEqual(['1 event that begins never ends: left out.']);
    expect(draw(profile!.tree)).toContain('    aten::linear 10000/5000 kernel-execution\n      aten::mm 5000/5000 kernel-execution');
    expect(draw(profile!.tree)).toContain('  worker 4000/0 glue\n    copy 4000/4000 glue');
  });

  it('keeps processes apart, puts what belongs to no thread together, and leaves ids that change out of names', () => {
    const traceEvents = [
      { ph: 'M', name: 'process_name', pid: 41, tid: 0, args: { name: 'tiny uncompiled/predict' } },
      { ph: 'M', name: 'process_name', pid: 42, tid: 0, args: { name: 'tiny graph/predict' } },
      { ph: 'M', name: 'thread_name', pid: 41, tid: 3417, args: { name: 'thread 3417 (python)' } },
      { ph: 'X', name: 'predict', pid: 41, tid: 3417, ts: 0, dur: 9 },
      { ph: 'X', name: 'predict', pid: 41, tid: 8, ts: 0, dur: 8 },
      { ph: 'X', name: 'predict', pid: 41, tid: 9, ts: 0, dur: 7 },
      ...['a', 'b'].flatMap((id) => [
        { ph: 'b', name: 'request', pid: 41, tid: 7, id, ts: 0 },
        { ph: 'e', pid: 41, tid: 7, id, ts: 3 },
      ]),
      { ph: 'X', name: 'predict', pid: 42, tid: 7, ts: 0, dur: 5 },
    ];
    const drawn = draw(read('x.json', { traceEvents })[0]!.tree)
      .split('\n')
      .map((line) => line.replace(/ \d+\/.*| glue$/, (rest) => rest.replace(/\/\d+ \S+/, '')));
    expect(drawn).toEqual([
      'x.json 32000',
      '  tiny uncompiled/predict 27000',
      '    thread (python) 9000',
      '      predict 9000',
      '    thread 8000',
      '      predict 8000',
      '    thread 2 7000',
      '      predict 7000',
      '    asynchronous 3000',
      '      request 6000',
      '  tiny graph/predict 5000',
      '    predict 5000',
    ]);
  });

  it('tells the lanes of PyTorch’s devices apart by their label', () => {
    const lane = (pid: number, labels: string) => [
      { ph: 'M', name: 'process_name', pid, tid: 0, args: { name: 'python' } },
      { ph: 'M', name: 'process_labels', pid, tid: 0, args: { labels } },
    ];
    const traceEvents = [
      ...lane(812, 'CPU'),
      ...lane(0, 'GPU 0'),
      ...lane(1, 'GPU 1'),
      { ph: 'X', cat: 'cpu_op', name: 'aten::mm', pid: 812, tid: 812, ts: 0, dur: 2 },
      ...[7, 20].flatMap((tid) => [
        { ph: 'M', name: 'thread_name', pid: 0, tid, args: { name: `stream ${tid}` } },
        { ph: 'X', cat: 'kernel', name: 'gemm', pid: 0, tid, ts: 1, dur: 5 },
      ]),
    ];
    expect(draw(read('x.json', { traceEvents })[0]!.tree)).toBe(
      [
        'x.json 12000/0 glue',
        '  python CPU 2000/0 glue',
        '    aten::mm 2000/2000 kernel-execution',
        '  python GPU 0 10000/0 glue',
        ...[7, 20].flatMap((stream) => [`    stream ${stream} 5000/0 glue`, '      gemm 5000/5000 kernel-execution']),
      ].join('\n'),
    );
  });

  it('reads an unfinished list and a compressed file', () => {
    expect(draw(read('a.json', '[{"ph":"X","name":"a","ts":0,"dur":1},\n')[0]!.tree)).toContain('a 1000/1000');
    expect(readForeignProfile('a.trace.json.gz', gzipSync('[{"ph":"X","name":"a","ts":0,"dur":1}]'))).toHaveLength(1);
  });
});

describe('speedscope', () => {
  it('begins where the profile does: events may start late, and times before the start are an error', () => {
    const file = (startValue: number) => ({
      shared: { frames: [{ name: 'run' }, { name: 'Conv' }] },
      profiles: [
        {
          type: 'evented',
          name: 'p',
          unit: 'microseconds',
          startValue,
          endValue: 30,
          events: [
            { type: 'O', frame: 0, at: 10 },
            { type: 'O', frame: 1, at: 12 },
            { type: 'C', frame: 1, at: 20 },
            { type: 'C', frame: 0, at: 30 },
          ],
        },
      ],
    });
    expect(draw(read('x.speedscope.json', file(10))[0]!.tree)).toBe('run 20000/12000 glue\n  Conv 8000/8000 glue');
    expect(() => read('x.speedscope.json', file(11))).toThrow('x.speedscope.json: profiles[0].events[0].at goes back in time;');
  });
});

describe('pprof', () => {
  /** Two values a sample, as Go's heap and contention profiles have them. */
  const encode = (defaultSampleType: number) => {
    const stringTable = ['', 'delay', 'nanoseconds', 'contentions', 'count', 'f', 'g'];
    return Buffer.from(
      profileType()
        .encode({
          sampleType: [
            { type: 1, unit: 2 },
            { type: 3, unit: 4 },
          ],
          ...(defaultSampleType === 0 ? {} : { defaultSampleType }),
          sample: [{ locationId: [2, 1], value: [500, 3] }],
          location: [
            { id: 1, line: [{ functionId: 1 }] },
            { id: 2, line: [{ functionId: 2 }] },
          ],
          function: [
            { id: 1, name: 5 },
            { id: 2, name: 6 },
          ],
          stringTable,
        })
        .finish(),
    );
  };

  it('takes the default of several values, else the last', () => {
    expect(readForeignProfile('x.pb', encode(1)).map(({ unit, tree }) => `${unit}\n${draw(tree)}`)).toEqual([
      'time\nx.pb 500/0 glue\n  f 500/0 glue\n    g 500/500 glue',
    ]);
    expect(readForeignProfile('x.pb', encode(0)).map(({ unit, tree }) => `${unit} ${tree.totalNanos}`)).toEqual(['count 3']);
  });
});

describe('anything else', () => {
  it('is refused with one sentence that names the file', () => {
    for (const value of ['{"a":1}', '{', '[]', '{"traceEvents":[]}', '{"shared":{"frames":[{}]},"profiles":[]}', '{"nodes":[null]}']) {
      expect(() => read('x.json', value), value).toThrow(UserError);
      expect(() => read('x.json', value), value).toThrow(/^x\.json/);
    }
    expect(() => readForeignProfile('x.gz', Uint8Array.of(0x1f, 0x8b, 1, 2))).toThrow('x.gz is compressed, but damaged or cut off:');
  });

  it('never throws anything but a UserError, whatever the JSON', () => {
    const near = fc.record({ nodes: fc.jsonValue(), samples: fc.jsonValue(), timeDeltas: fc.jsonValue() }, { requiredKeys: [] });
    const trace = fc.record({
      traceEvents: fc.array(
        fc.record(
          { ph: fc.constantFrom('X', 'B', 'E', 'M'), ts: fc.jsonValue(), dur: fc.jsonValue(), name: fc.jsonValue(), args: fc.jsonValue() },
          { requiredKeys: [] },
        ),
      ),
    });
    const scope = fc.record({
      shared: fc.record({ frames: fc.array(fc.record({ name: fc.string() })) }),
      profiles: fc.array(
        fc.record({
          type: fc.constantFrom('evented', 'sampled'),
          events: fc.jsonValue(),
          samples: fc.jsonValue(),
          weights: fc.jsonValue(),
        }),
      ),
    });
    fc.assert(
      fc.property(fc.oneof(fc.jsonValue(), near, trace, scope), (value) => {
        try {
          read('x.json', value);
        } catch (error) {
          expect(error).toBeInstanceOf(UserError);
        }
      }),
    );
  });
});
