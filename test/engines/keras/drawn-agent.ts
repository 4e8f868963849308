import type { AgentRecord } from '../../../src/engines/keras/protocol.js';

/** One record of each type, as agent.py sends them: one variant, a cold call, one round of a bare and a recorded call. */
export const RECORDS: readonly AgentRecord[] = [
  { type: 'hello', protocol: 1, pid: 7, stages: ['data-adapter', 'graph-building', 'kernel-execution', 'fetch', 'glue'], kinds: ['call', 'stage', 'layer', 'dispatch', 'kernel', 'transfer', 'pass'] },
  { type: 'clock', atNanos: 1000, epochNanos: '1795582177487448457', errorNanos: 90 },
  { type: 'progress', phase: 'import', done: 0, of: 1 },
  { type: 'versions', packages: { python: '3.7.16', keras: '2.2.4-tf', tensorflow: '2.0.0' }, backend: 'tensorflow', executable: '/env/bin/python' },
  { type: 'seams', found: [{ seam: 'execute', place: 'tensorflow.python.eager.execute:execute' }], missing: [{ seam: 'layer', tried: ['a:b', 'c:d'] }] },
  { type: 'tool', insideNanos: 150, outsideNanos: 400, clockResolutionNanos: 60 },
  { type: 'model', name: 'tiny', parameters: 13, layers: 3, inputs: [{ name: 'x', dtype: 'float32', shape: [-1, 4] }], outputs: [] },
  { type: 'input', signature: 'float32[32,4]', batch: 32 },
  { type: 'variant', index: 0, name: 'uncompiled', call: 'predict' },
  { type: 'variant', index: 1, name: 'compiled', call: 'predict' },
  { type: 'unavailable', variant: 'jit/predict', reason: 'too old' },
  { type: 'names', strings: ['predict', 'data-adapter', 'graph-run'], details: [{ node: 'f' }] },
  {
    type: 'call', variant: 1, round: -1, temperature: 'cold-session', startNanos: 100, latencyNanos: 90, signature: 'float32[32,4]', batch: 32,
    spans: { start: [100, 110, 150], duration: [90, 30, 20], parent: [-1, 0, 0], name: [0, 1, 2], stage: [4, 0, 2], kind: [0, 1, 4], detail: [0, 0, 1] },
    traces: [{ row: 1, graph: 'input-pipeline', function: 'grab_batch', cause: 'first-trace', change: '' }],
    gc: [{ startNanos: 120, durationNanos: 5, generation: 2 }],
  },
  { type: 'agreement', index: 1, largestRelativeDifference: 0 },
  { type: 'call', variant: 1, round: 0, temperature: 'warm', startNanos: 300, latencyNanos: 40, signature: 'float32[32,4]', batch: 32 },
  {
    type: 'call', variant: 1, round: 0, temperature: 'warm', startNanos: 400, latencyNanos: 50, signature: 'float32[32,4]', batch: 32,
    spans: { start: [400], duration: [50], parent: [-1], name: [0], stage: [4], kind: [0], detail: [0] },
  },
  { type: 'memory', index: 1, bytes: 900_000, calls: 2 },
  { type: 'retrace', call: 'g(3)', traced: true, cause: 'new-value', change: '2 -> 3' },
  { type: 'note', text: 'fewer calls' },
  { type: 'error', kind: 'ValueError', message: 'no' },
  { type: 'end' },
];
