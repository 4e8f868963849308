import path from 'node:path';
import { threadId } from 'node:worker_threads';
import { compiledGraphs } from '../compile/known-graphs.js';
import type { CallSite } from '../instrument/calls.js';
import { GRAPH_CALLS } from '../instrument/graph-model.js';
import { Instrumentation } from '../instrument/instrumentation.js';
import type { Tf } from '../instrument/seams.js';
import type { SessionInside } from '../instrument/session-runs.js';
import { messageOf } from '../model/errors.js';
import type { CalledModel } from '../model/called-model.js';
import { RECORDING_VERSION } from '../model/recording.js';
import type { RecordingMeta } from '../model/recording.js';
import type { Variant } from '../model/variant.js';
import { originEpochNanos } from '../record/clock.js';
import { measureToolCost } from '../record/tool-cost.js';
import { describeEnvironment } from '../runtime/environment.js';
import type { TensorFlow } from '../runtime/tensorflow.js';
import { CalledModels } from './called-models.js';
import { insideSessions } from './inside-sessions.js';
import { ProgramRecording } from './program-recording.js';
import { signatureOf } from './signature.js';
import { TensorWatch } from './tensor-watch.js';
import { Temperatures } from './temperatures.js';
import { watchTensorFlow, type LoadedTensorFlow } from './watch-tensorflow.js';

/** Set by `inferscope run` for the program it starts. */
export const RUN_FOLDER_VARIABLE = 'INFERSCOPE_RUN_FOLDER';

/** What a model's state is called here: nothing of it is known. */
const PROGRAM = 'program';

/** Methods that are inference calls, of models and of compiled graphs, each a variant of its own; the table is written before the first call. */
const VARIANTS: readonly Variant[] = [
  ...['predictOnBatch', 'apply', ...Object.keys(GRAPH_CALLS)].map((call) => ({ name: PROGRAM, call })),
  ...['graph', 'graph-xla'].flatMap((name) => Object.keys(GRAPH_CALLS).map((call) => ({ name, call }))),
];

const numberOf = ({ variant = PROGRAM, call }: CallSite): number => Math.max(0, VARIANTS.findIndex((one) => one.name === variant && one.call === call));

/** Records every call that the running program makes to `folder/recordings/`, one file a process and thread. Never throws. */
export function recordProgram(folder: string): void {
  let session: SessionInside | undefined;
  watchTensorFlow({
    before() {
      unharmed(() => {
        session ??= insideSessions();
      });
    },
    loaded(tensorFlow, stop) {
      stop();
      unharmed(() => {
        runFirstOperation(tensorFlow.tf as unknown as TensorFlow);
        record(tensorFlow, session, path.join(folder, 'recordings', `${process.pid}-${threadId}.isr`));
      });
    },
  });
}

const tell = (sentence: string): void => void process.stderr.write(`inferscope: ${sentence}\n`);

/** Runs something of ours while the program loads TensorFlow: what fails here must not fail its `require`. */
function unharmed(body: () => void): void {
  try {
    body();
  } catch (thrown) {
    tell(`calls are not recorded: ${messageOf(thrown)}`);
  }
}

/**
 * It starts thread pools and contexts, 10 to 50 ms for which the first stage of the first call would be blamed. Other
 * backends are chosen by the program, after this, and must not be started before.
 */
function runFirstOperation(tf: TensorFlow): void {
  if (tf.engine().backendName === 'tensorflow') tf.tidy(() => tf.add(tf.scalar(1), tf.scalar(1)).dataSync());
}

function record({ tf, inner }: LoadedTensorFlow, session: SessionInside | undefined, file: string): void {
  const temperatures = new Temperatures();
  const models = new CalledModels();
  const snapshots = new Snapshots();
  const numbers = new WeakMap<CalledModel, number>();
  const numberOfModel = (model: CalledModel): number => {
    const number = numbers.get(model) ?? recording.recorder.interner.detail({ model });
    numbers.set(model, number);
    return number;
  };
  const recording: ProgramRecording = new ProgramRecording(
    file,
    {
      start(site) {
        const { signature, batch } = signatureOf(site.inputs);
        const { model, weights } = models.of(site, compiledGraphs.factsOf(site.model)?.source);
        tensors.beforeCall(model, weights);
        return { variant: numberOf(site), ...temperatures.of(site.model, signature), round: -1, signature, batch, model: numberOfModel(model) };
      },
      note(recorder, at) {
        if (!snapshots.due(tensors.calls, at)) return;
        recorder.interner.detail({ held: tensors.held() });
      },
      meta: (site, { signature, batch }) => metaOf(tf, site, signature, batch),
    },
    tell,
  );
  const tensors = new TensorWatch(tf, () => recording.recorder.context() !== undefined);
  process.on('exit', () => recording.close());
  const { recorder, policy } = recording;
  new Instrumentation({ tf, inner, graphs: compiledGraphs, recorder, policy, ...(session === undefined ? {} : { session }) }).enable();
}

/** Looking at all tensors that are alive costs by their number: as often as the calls have grown by half, and at the end. */
class Snapshots {
  #next = 8;

  due(calls: number, at: 'now and then' | 'end'): boolean {
    if (at === 'end') return calls > 0;
    if (calls < this.#next) return false;
    this.#next = Math.ceil(calls * 1.5);
    return true;
  }
}

function metaOf(tf: Tf, { runtime }: CallSite, inputSignature: string, batch: number): RecordingMeta {
  return {
    version: RECORDING_VERSION,
    originEpochNanos: originEpochNanos(),
    model: { name: path.basename(process.argv[1] ?? 'program'), path: null, runtime, sha256: null, parameters: null, nodes: null, inputs: [], outputs: [] },
    environment: describeEnvironment(tf as unknown as TensorFlow),
    variants: VARIANTS,
    inputSignature,
    batch,
    seed: 0,
    tool: measureToolCost(),
    pid: process.pid,
  };
}
