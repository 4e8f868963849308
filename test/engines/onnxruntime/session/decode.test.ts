import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { profileOrigin } from '../../../../src/engines/onnxruntime/session/anchor.js';
import { decodeProfile, ProfileError } from '../../../../src/engines/onnxruntime/session/decode-profile.js';

const kernel = (name: string, ts: number, dur: number, args: object = { op_name: 'Add', provider: 'CPUExecutionProvider' }): object => ({
  cat: 'Node',
  pid: 1,
  tid: 1,
  dur,
  ts,
  ph: 'X',
  name: `${name}_kernel_time`,
  args,
});
const session = (name: string, ts: number, dur: number): object => ({ cat: 'Session', pid: 1, tid: 1, dur, ts, ph: 'X', name, args: {} });

/** As the profiler writes it, one event a line. */
const written = (...events: readonly object[]): string => `[\n${events.map((event) => JSON.stringify(event)).join(',\n')}\n]\n`;

const WHOLE = written(
  kernel('a/b', 30, 10, {
    op_name: 'MatMul',
    provider: 'CPUExecutionProvider',
    input_type_shape: [{ float: [32, 4] }, { 'std::string': [] }, { int64: [2] }],
    output_type_shape: [{ double: [32, 8] }],
    output_size: '2048',
    mem_in_use_delta: '-256',
    thread_scheduling_stats: '',
  }),
  session('SequentialExecutor::Execute', 20, 40),
  session('model_run', 10, 60),
  session('something_new', 1, 1),
);

describe('decodeProfile', () => {
  it('reads kernels, executions and the run, and passes over what it does not know', () => {
    expect(decodeProfile(WHOLE)).toEqual({
      nodes: [
        {
          name: 'a/b',
          op: 'MatMul',
          provider: 'CPUExecutionProvider',
          start: 30,
          duration: 10,
          thread: 1,
          inputs: [
            { dtype: 'float32', shape: [32, 4] },
            { dtype: 'string', shape: [] },
            { dtype: 'int64', shape: [2] },
          ],
          outputs: [{ dtype: 'float64', shape: [32, 8] }],
          outputBytes: 2048,
          allocatedBytes: 0,
        },
      ],
      executions: [{ start: 20, duration: 40, thread: 1 }],
      modelRun: { start: 10, duration: 60, thread: 1 },
    });
  });

  it('puts a kernel that holds others before them, whatever order they ended in', () => {
    const { nodes } = decodeProfile(written(kernel('inner', 10, 5), kernel('outer', 10, 20), kernel('first', 2, 1)));
    expect(nodes.map(({ name }) => name)).toEqual(['first', 'outer', 'inner']);
  });

  it.each([
    ['nothing', ''],
    ['no list', '{"a":1}'],
    ['an event that is none', '[1]'],
    ['an event without a name', '[{"cat":"Node"}]'],
    ['a negative time', written(kernel('a', -1, 2))],
    ['a broken time', written(kernel('a', 1.5, 2))],
    ['a time beyond what is exact', written(kernel('a', 1, 2 ** 60))],
    ['a kernel without arguments', WHOLE.replace(/"args":\{.*?\}\}/, '"args":null}')],
    ['a kernel without an operation', written(kernel('a', 1, 2, { provider: 'x' }))],
    ['shapes that are none', written(kernel('a', 1, 2, { op_name: 'Add', input_type_shape: 'huge' }))],
    ['a name with a quotation mark, which the profiler does not escape', WHOLE.replace('a/b', 'a"b')],
  ])('refuses %s', (_, text) => {
    expect(() => decodeProfile(text)).toThrow(ProfileError);
  });

  it('refuses a file that was cut off, wherever', () => {
    fc.assert(
      fc.property(fc.nat({ max: WHOLE.trimEnd().length - 1 }), (length) => {
        expect(() => decodeProfile(WHOLE.slice(0, length))).toThrow(ProfileError);
      }),
    );
  });

  it('gives shapes that are no sizes as unknown', () => {
    const args = { op_name: 'Add', input_type_shape: [{ float: [-1, 4] }, { float: 'x' }, { float: [1e300] }] };
    expect(decodeProfile(written(kernel('a', 1, 2, args))).nodes[0]!.inputs.map(({ shape }) => shape)).toEqual([null, null, null]);
  });
});

describe('profileOrigin', () => {
  const profile = decodeProfile(WHOLE);

  it('is the reading from which on the first times lead to other readings', () => {
    // A reading for the name of the file comes first; the profile begins at 1000.
    expect(profileOrigin(profile, [400, 1000, 1010, 1020, 1030, 1040], 1)).toBe(1000);
    expect(profileOrigin(profile, [1000, 1010, 1020, 1030], 1)).toBe(1000);
  });

  it('allows for what microseconds cut off', () => {
    expect(profileOrigin(profile, [400, 100_300, 110_900, 120_800, 130_400], 1000)).toBe(100_300);
  });

  it('is unknown where no reading fits, or the run did not end', () => {
    expect(profileOrigin(profile, [1, 2, 3], 1)).toBeNull();
    expect(profileOrigin(profile, [], 1)).toBeNull();
    expect(profileOrigin({ ...profile, modelRun: null }, [1000, 1010], 1)).toBeNull();
  });
});
