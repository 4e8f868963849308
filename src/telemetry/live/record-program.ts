import path from 'node:path';
import { isMainThread, threadId } from 'node:worker_threads';
import { compiledGraphs } from '../../engines/tensorflow/graph/known-graphs.js';
import type { CallPolicy, CallSite } from '../../engines/call-site.js';
import { GRAPH_CALLS } from '../../engines/tensorflow/seams/graph-model.js';
import { Instrumentation } from '../../engines/tensorflow/seams/instrumentation.js';
import type { TfPart } from '../../engines/tensorflow/seams/seams.js';
import type { SessionInside } from '../../engines/tensorflow/seams/session-runs.js';
import { messageOf } from '../../model/errors.js';
import type { CalledModel } from '../../model/called-model.js';
import type { HeldTensors } from '../../model/held-tensors.js';
import { RECORDING_VERSION } from '../../model/recording.js';
import type { Environment, RecordingMeta } from '../../model/recording.js';
import type { Variant } from '../../model/variant.js';
import { originEpochNanos } from '../../record/clock.js';
import { noteOutside } from '../../record/outside-file.js';
import { measureToolCost } from '../../record/tool-cost.js';
import type { TensorFlow } from '../../engines/tensorflow/load/tensorflow.js';
import { CalledModels } from './called-models.js';
import { insideSessions } from './inside-sessions.js';
import { environmentOf } from './live-meta.js';
import { OutsideOperations } from './outside-operations.js';
import { ProgramRecording, type ProgramCalls } from './program-recording.js';
import { signatureOf } from './signature.js';
import { TensorWatch } from './tensor-watch.js';
import { Temperatures } from './temperatures.js';
import { noteUnseen } from './unseen-copies.js';
import { watchTensorFlow } from './watch-tensorflow.js';

/** Set by `inferscope run` for the program it starts. */
export const RUN_FOLDER_VARIABLE = 'INFERSCOPE_RUN_FOLDER';

/** What a model's state is called here: nothing of it is known. */
const PROGRAM = 'program';

/** Methods that are inference calls, of models and of compiled graphs, each a variant of its own; the table is written before the first call. */
const VARIANTS: readonly Variant[] = [
  ...['predictOnBatch', 'apply', ...Object.keys(GRAPH_CALLS)].map((call) => ({ name: PROGRAM, call })),
  ...['graph', 'graph-xla'].flatMap((name) => Object.keys(GRAPH_CALLS).map((call) => ({ name, call }))),
];

const numberOf = ({ variant = PROGRAM, call }: CallSite): number =>
  Math.max(
    0,
    VARIANTS.findIndex((one) => one.name === variant && one.call === call),
  );

/** Records every call that the running program makes to `folder/recordings/`, one file a process and thread. Never throws. */
export function recordProgram(folder: string): void {
  let session: SessionInside | undefined;
  const outside = new OutsideOperations((kernels) => unharmed(() => noteOutside(folder, { from: `${process.pid}-${threadId}`, kernels })));
  const copies = new ProgramCopies(path.join(folder, 'recordings', `${process.pid}-${threadId}.isr`), () => session, outside);
  watchTensorFlow({
    before() {
      unharmed(() => {
        session ??= insideSessions();
      });
    },
    loaded: (part) => unharmed(() => copies.add(part)),
    unseen: (copy) => unharmed(() => noteUnseen(folder, copy)),
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

/** It starts thread pools and contexts, 10 to 50 ms for which the first stage of the first call would be blamed. */
function runFirstOperation(tf: TensorFlow): void {
  tf.tidy(() => tf.add(tf.scalar(1), tf.scalar(1)).dataSync());
}

/** All copies of tfjs of one process or thread: they share one engine, but for the sandboxes of test runners. */
class ProgramCopies {
  readonly #temperatures = new Temperatures();
  readonly #tensors = new ProgramTensors();
  readonly #engines = new Map<object, Instrumentation>();
  readonly #parts: TfPart[] = [];
  readonly #session: () => SessionInside | undefined;
  readonly #file: string;
  #recording: ProgramRecording | undefined;

  constructor(
    file: string,
    session: () => SessionInside | undefined,
    private readonly outside: OutsideOperations,
  ) {
    this.#file = file;
    this.#session = session;
  }

  add(part: TfPart): void {
    this.#parts.push(part);
    const engine = part.tf.engine();
    const known = this.#engines.get(engine);
    if (known !== undefined) known.add(part);
    else this.#engines.set(engine, this.#instrument(part));
  }

  #instrument({ tf, inner }: TfPart): Instrumentation {
    const { recorder, policy } = (this.#recording ??= this.#begin());
    const session = this.#session();
    const watch = this.#tensors.watch(tf, () => recorder.context() !== undefined);
    let begun = false;
    const first: CallPolicy = (site) => {
      // Not earlier: the program chooses its backend after it has loaded tfjs.
      if (!begun) unharmed(() => this.outside.without(() => runFirstOperation(tf as unknown as TensorFlow)));
      begun = true;
      this.#tensors.calling = watch;
      return policy(site);
    };
    const instrumentation = new Instrumentation({
      tf,
      inner,
      graphs: compiledGraphs,
      recorder,
      policy: first,
      outside: this.outside.run,
      ...(session === undefined ? {} : { session }),
    });
    instrumentation.enable();
    return instrumentation;
  }

  #begin(): ProgramRecording {
    const models = new CalledModels();
    const numbers = new WeakMap<CalledModel, number>();
    const numberOfModel = (model: CalledModel): number => {
      const number = numbers.get(model) ?? recording.recorder.interner.detail({ model });
      numbers.set(model, number);
      return number;
    };
    const calls: ProgramCalls = {
      start: (site) => {
        const { signature, batch } = signatureOf(site.inputs);
        const { model, weights } = models.of(site, compiledGraphs.factsOf(site.model)?.source);
        this.#tensors.calling?.beforeCall(model, weights);
        return {
          variant: numberOf(site),
          ...this.#temperatures.of(site.model, signature),
          round: -1,
          signature,
          batch,
          model: numberOfModel(model),
        };
      },
      note: (recorder, at) => {
        for (const held of this.#tensors.due(at)) recorder.interner.detail({ held });
      },
      meta: (site, { signature, batch }) => metaOf(environmentOf(this.#parts), site, signature, batch),
    };
    const recording: ProgramRecording = new ProgramRecording(this.#file, calls, tell);
    const flush = (): void => {
      recording.flush();
      this.outside.flush();
    };
    process.on('exit', () => {
      recording.close();
      this.outside.flush();
    });
    if (!isMainThread) beforeBlocking(flush);
    else if (process.channel !== undefined) beforeTermination(flush);
    return recording;
  }
}

/** The tensors of each copy of tfjs that has an engine of its own. */
class ProgramTensors {
  readonly #watches: { readonly watch: TensorWatch; readonly snapshots: Snapshots }[] = [];
  /** Of the copy whose call begins. */
  calling: TensorWatch | undefined;

  watch(tf: TfPart['tf'], inCall: () => boolean): TensorWatch {
    const watch = new TensorWatch(tf, { inCall });
    this.#watches.push({ watch, snapshots: new Snapshots() });
    return watch;
  }

  /** What the copies hold of which it is time to be told. */
  due(at: 'now and then' | 'end'): readonly HeldTensors[] {
    return this.#watches.flatMap(({ watch, snapshots }, engine) =>
      snapshots.due(watch.calls, at) ? [{ ...watch.held(), ...(engine === 0 ? {} : { engine }) }] : [],
    );
  }
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

/**
 * A worker that waits for its next task in `Atomics.wait` (those of piscina do) is ended there, without an `exit`: what
 * is finished is written before.
 */
function beforeBlocking(flush: () => void): void {
  const original = Atomics.wait;
  Atomics.wait = function (...args: [never, number, never, number?]) {
    flush();
    return original.apply(Atomics, args);
  };
}

/**
 * A forked process (of a test runner, of a pool) is commonly ended by its parent's SIGTERM as soon as it has answered,
 * without an `exit`: what is finished is written, and the process ends by the signal all the same.
 */
function beforeTermination(flush: () => void): void {
  const listener = (): void => {
    flush();
    if (process.listenerCount('SIGTERM') > 1) return;
    process.off('SIGTERM', listener);
    process.kill(process.pid, 'SIGTERM');
  };
  process.on('SIGTERM', listener);
}

function metaOf(environment: Environment, { runtime }: CallSite, inputSignature: string, batch: number): RecordingMeta {
  return {
    version: RECORDING_VERSION,
    originEpochNanos: originEpochNanos(),
    model: {
      name: path.basename(process.argv[1] ?? 'program'),
      path: null,
      runtime,
      sha256: null,
      parameters: null,
      nodes: null,
      inputs: [],
      outputs: [],
    },
    environment,
    variants: VARIANTS,
    inputSignature,
    batch,
    seed: 0,
    tool: measureToolCost(),
    pid: process.pid,
  };
}
