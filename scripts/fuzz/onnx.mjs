/** Targets: what ONNX Runtime writes of a run, what its log tells of a session, and graphs of models, original and optimised. */
import { readFileSync } from 'node:fs';
import { UserError } from '../../dist/model/errors.js';
import { WireError } from '../../dist/model/protobuf-wire.js';
import { profileOrigin } from '../../dist/engines/onnxruntime/session/anchor.js';
import { readCreationLog } from '../../dist/engines/onnxruntime/session/creation-log.js';
import { decodeProfile, ProfileError } from '../../dist/engines/onnxruntime/session/decode-profile.js';
import { viewGraph } from '../../dist/engines/onnxruntime/session/graph-view.js';
import { kernelsOf } from '../../dist/engines/onnxruntime/session/kernels.js';
import { graphOf } from '../../dist/engines/onnxruntime/session/model-graph.js';
import { foldLoops } from '../../dist/engines/session/fold.js';

const model = (name) => readFileSync(`test/fixtures/onnx-${name}.onnx`);
const event = (cat, name, ts, dur, args = {}) => ({ cat, pid: 1, tid: 1, dur, ts, ph: 'X', name, args });
const kernel = (name, ts, dur, more = {}) => event('Node', `${name}_kernel_time`, ts, dur, { op_name: 'MatMul', provider: 'CPUExecutionProvider', output_size: '64', mem_in_use_delta: '-64', input_type_shape: [{ float: [4, 4] }], output_type_shape: [{ float: [4, 4] }], ...more });
const profiles = [
  [kernel('step/MatMul', 700, 50), event('Session', 'SequentialExecutor::Execute', 90, 800), event('Session', 'model_run', 80, 900)],
  [kernel('outer_loop', 100, 500, { op_name: 'Loop' }), kernel('step/MatMul', 120, 40), event('Session', 'SequentialExecutor::Execute', 110, 100), kernel('step/MatMul', 230, 40), event('Session', 'SequentialExecutor::Execute', 220, 100), event('Session', 'SequentialExecutor::Execute', 90, 800), event('Session', 'model_run', 80, 900)],
].map((events) => Buffer.from(JSON.stringify(events, null, 1)));

const original = graphOf({ kind: 'bytes', bytes: model('nested') });
const nodes = viewGraph(original, original);

function checkKernels(kernels) {
  kernels.forEach(({ parent, durationNanos, wallNanos, startNanos, flops, bytesMoved, repeat }, index) => {
    if (!(parent >= -1 && parent < index)) throw new Error(`kernel ${index} lies in ${parent}`);
    for (const number of [durationNanos, wallNanos, startNanos]) if (!(Number.isFinite(number) && number >= 0)) throw new Error(`kernel ${index} has the time ${number}`);
    for (const number of [flops, bytesMoved, repeat]) if (number !== null && !(number >= 0)) throw new Error(`kernel ${index} has the figure ${number}`);
  });
}

/** Only these say that a file is none. */
function refused(kinds, body) {
  try {
    return body();
  } catch (thrown) {
    if (!kinds.some((kind) => thrown instanceof kind)) throw thrown;
    return undefined;
  }
}

export const ONNX = [
  {
    name: 'onnx-profile',
    seeds: () => profiles,
    run(bytes) {
      const profile = refused([ProfileError], () => decodeProfile(bytes.toString('utf8')));
      if (profile === undefined) return;
      profileOrigin(profile, [1, 2, 82, 92, 102], 1);
      for (const unitNanos of [1, 1000]) {
        const each = kernelsOf(profile, { originNanos: 0, unitNanos, share: { insideNanos: 20, outsideNanos: 7 }, nodes });
        checkKernels(each);
        checkKernels(foldLoops(each));
      }
    },
  },
  {
    name: 'onnx-graph',
    seeds: () => ['nested', 'fusions', 'if', 'tiny'].map(model),
    run(bytes) {
      refused([WireError, UserError], () => {
        const graph = graphOf({ kind: 'bytes', bytes });
        viewGraph(graph, original);
        viewGraph(original, graph);
        viewGraph(graph, graph);
      });
    },
  },
  {
    name: 'onnx-log',
    seeds: () => [
      Buffer.from(
        ['Session Options {  }', 'Initializing session.', 'GraphTransformer ConstantFolding modified: 1 with status: OK', 'Node placements', 'Session successfully initialized.']
          .map((text, index) => `2026-11-30 23:59:59.${index}00000000 [I:onnxruntime:, a.cc:1 B] ${text}`)
          .join('\n'),
      ),
    ],
    run(bytes) {
      for (const { nanos, runs } of readCreationLog(bytes.toString('utf8'))) if (!(nanos >= 0 && runs > 0)) throw new Error(`a step of ${nanos} ns in ${runs} runs`);
    },
  },
];
