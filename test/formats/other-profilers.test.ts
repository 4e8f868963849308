/** What files of other profilers hold that few of them do, drawn after files found in the tests of those tools. */
import { describe, expect, it } from 'vitest';
import type { FlameNode } from '../../src/model/analysis.js';
import { readForeignProfile } from '../../src/formats/read-foreign.js';
import { profileType } from '../../src/formats/pprof/schema.js';

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
  ])('%s', (what, content) => {
    expect(() => readForeignProfile('x', Buffer.from(content))).toThrow(`x is ${what}, which Inferscope does not read: `);
  });
});
