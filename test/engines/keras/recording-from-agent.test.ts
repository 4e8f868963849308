import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { kerasEnvironment } from '../../../src/engines/keras/environment.js';
import { PROTOCOL, type AgentRecord } from '../../../src/engines/keras/protocol.js';
import { AgentAssembler, type KerasRecording } from '../../../src/engines/keras/recording-from-agent.js';
import { AgentRows } from '../../../src/engines/keras/agent-rows.js';
import { stageFromCode } from '../../../src/model/stage.js';
import { spanKindFromCode } from '../../../src/model/span.js';
import { RECORDS } from './drawn-agent.js';
import { parseAgentRecord } from '../../../src/engines/keras/schema.js';

function assemble(records: readonly AgentRecord[]): KerasRecording {
  const assembler = new AgentAssembler();
  for (const record of records) assembler.take(record);
  return assembler.recording(
    { path: '/m.py', name: 'm.py:tiny', sha256: null, seed: 1, environment: (v, missing) => kerasEnvironment(v, missing, {}) },
    true,
  );
}

describe('protocol', () => {
  test('reads back every type of record', () => {
    expect(new Set(RECORDS.map(({ type }) => type)).size).toBe(18);
    for (const record of RECORDS) expect(parseAgentRecord(JSON.stringify(record))).toEqual(record);
  });

  test('names the field of a record that is not as it should be', () => {
    const optional = new Set(['error', 'spans', 'traces', 'gc', 'index', 'traceback']);
    for (const record of RECORDS) {
      for (const key of Object.keys(record)) {
        if (key === 'type' || (optional.has(key) && record.type !== 'agreement' && record.type !== 'memory' && record.type !== 'variant'))
          continue;
        const rest = Object.fromEntries(Object.entries(record).filter(([name]) => name !== key));
        expect(() => parseAgentRecord(JSON.stringify(rest)), `${record.type}.${key}`).toThrow(key);
        expect(() => parseAgentRecord(JSON.stringify({ ...rest, [key]: { no: 1.5 } })), `${record.type}.${key}`).toThrow(key);
      }
    }
  });

  test.each(['', 'tensorflow says hello', '[]', '{"type":"toString"}', '{"type":7}'])('refuses the line %j', (line) => {
    expect(() => parseAgentRecord(line)).toThrow(/Keras agent/);
  });
});

describe('recording from the agent', () => {
  test('keeps recorded calls, spans and pauses; bare calls become the overhead', () => {
    const recording = assemble(RECORDS);
    // `uncompiled` made no call, so it is no variant of the recording.
    expect(recording.meta.variants).toEqual([
      { name: 'compiled', call: 'predict' },
      { name: 'compiled (unrecorded)', call: 'predict', control: 'unrecorded' },
    ]);
    expect(recording.meta.originEpochNanos).toBe('1795582177487447457');
    expect(recording.calls.map((call) => [call.variant, call.temperature, call.round, call.rootSpan, call.latencyNanos])).toEqual([
      [0, 'cold-session', -1, 0, 90],
      [1, 'warm', 0, -1, 40],
      [0, 'warm', 0, 3, 50],
    ]);
    const { spans } = recording;
    const drawn = [...spans.name.keys()].map((row) => [
      recording.strings[spans.name[row]!],
      stageFromCode(spans.stage[row]!),
      spanKindFromCode(spans.kind[row]!),
      spans.parent[row],
      spans.call[row],
    ]);
    expect(drawn).toEqual([
      ['predict', 'glue', 'call', -1, 0],
      ['data-adapter', 'data-adapter', 'stage', 0, 0],
      ['graph-run', 'kernel-execution', 'kernel', 0, 0],
      ['predict', 'glue', 'call', -1, 2],
    ]);
    expect(recording.details[spans.detail[2]!]).toEqual({ node: 'f' });
    expect(recording.gc).toEqual([{ startNanos: 120, durationNanos: 5, type: 'python-generation-2' }]);
    expect(recording.keras.variants).toEqual([
      {
        key: 'compiled/predict',
        bareNanos: 40,
        recordedNanos: 50,
        overhead: 1.25,
        bareByRound: [40],
        leakBytes: 450_000,
        largestRelativeDifference: 0,
      },
    ]);
    expect(recording.keras.traces).toEqual([
      { call: 0, variant: 'compiled/predict', graph: 'input-pipeline', function: 'grab_batch', cause: 'first-trace', change: '' },
    ]);
    expect(recording.keras.missingSeams).toEqual(['layer']);
    expect(recording.meta.environment.flags['keras:missing-seams']).toBe('layer');
  });

  test('drops a variant that was found not to work', () => {
    const recording = assemble([...RECORDS, { type: 'unavailable', variant: 'compiled/predict', reason: 'boom', index: 1 }]);
    expect(recording.meta.variants).toEqual([]);
    expect(recording.keras.unavailable.map(({ variant }) => variant)).toEqual(['jit/predict', 'compiled/predict']);
  });

  test('refuses another protocol, and a run without its clock', () => {
    expect(() => new AgentAssembler().take({ ...RECORDS[0], protocol: PROTOCOL + 1 } as AgentRecord)).toThrow(/protocol 2/);
    expect(() => assemble(RECORDS.filter(({ type }) => type !== 'clock'))).toThrow(/no clock record/);
  });
});

describe('span rows', () => {
  const tree = fc.array(fc.nat(), { minLength: 1, maxLength: 30 }).map((picks) => picks.map((pick, row) => (row === 0 ? -1 : pick % row)));

  test('parents keep their rows whatever calls are put together', () => {
    fc.assert(
      fc.property(fc.array(tree, { maxLength: 5 }), (trees) => {
        const rows = new AgentRows(['glue'], ['call']);
        const first = trees.map((parent, call) => {
          const zeros = parent.map(() => 0);
          return rows.append(call, { start: zeros, duration: zeros, parent, name: zeros, stage: zeros, kind: zeros, detail: zeros });
        });
        const columns = rows.columns({ strings: ['a'], details: [{}] });
        trees.forEach((parent, call) =>
          parent.forEach((up, row) => {
            expect(columns.call[first[call]! + row]).toBe(call);
            expect(columns.parent[first[call]! + row]).toBe(up < 0 ? -1 : first[call]! + up);
          }),
        );
      }),
    );
  });

  test.each([
    ['a child before its parent', { parent: [-1, 1] }, /span 1 with the parent 1/],
    ['a second root', { parent: [-1, -1] }, /span 1 with the parent -1/],
    ['a short column', { name: [0] }, /2 spans, but 1 values of name/],
    ['a code nobody knows', { stage: [0, 9] }, /unknown code 9/],
  ])('refuses %s', (_, change, message) => {
    const spans = {
      start: [0, 0],
      duration: [0, 0],
      parent: [-1, 0],
      name: [0, 0],
      stage: [0, 0],
      kind: [0, 0],
      detail: [0, 0],
      ...change,
    };
    expect(() => new AgentRows(['glue'], ['call']).append(0, spans)).toThrow(message);
  });

  test('refuses a stage of another version', () => {
    expect(() => new AgentRows(['teleport'], ['call'])).toThrow(/teleport/);
  });
});
