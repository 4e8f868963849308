import { EXIT, UserError } from '../../model/errors.js';
import { given } from '../../model/given.js';
import type { RunNote } from '../../model/run-facts.js';
import type { Engine, InProcessEngine, InstrumentOptions, Instruments, OpenOptions } from '../engine.js';
import { batchGraphSource } from './batch-graphs.js';
import { compiledGraphs } from './graph/known-graphs.js';
import { graphVariants } from './graph-variants.js';
import { describeEnvironment } from './load/environment.js';
import { loadModel, modelFromObject } from './load/load.js';
import { looksLikeTensorFlowModel } from './load/looks-like-model.js';
import { BACKENDS, defaultBackend, type BackendName, type PlainBackendName } from './load/plain-backends.js';
import { recogniseModel } from './load/recognise.js';
import { nativeTensorFlow } from './load/tensorflow.js';
import type { VariantFamily } from './load/variants/context.js';
import { openTensorFlow, type OpenedTensorFlow } from './open.js';
import { seeOptimiserPasses } from './optimiser-passes.js';
import { tensorOutputs } from './outputs.js';
import { referenceWorkload } from './reference-workload.js';
import { Instrumentation } from './seams/instrumentation.js';
import { nameNativeOperations } from './seams/named-binding.js';
import { measurePeak } from './session/peak.js';

/** TensorFlow with further variants of the caller's own; they run after those that a model has by itself. */
export const tensorFlowWith = (families: readonly VariantFamily[]): InProcessEngine => ({
  name: 'tensorflow',
  runs: 'in-process',
  takes: looksLikeTensorFlowModel,
  open: (options = {}) => openEngine(options, families),
});

/** TensorFlow.js in this process: layers models, graph models and SavedModels, on native TensorFlow, WebAssembly or JavaScript. */
export const TENSORFLOW = tensorFlowWith([]);

async function openEngine(options: OpenOptions, families: readonly VariantFamily[]): Promise<Engine> {
  const from = options.from ?? process.cwd();
  const backend = options.backend === undefined ? defaultBackend(from) : named(options.backend);
  if (backend !== 'tensorflow') checkPlain(options, backend);
  // The optimised graph comes with its constants, and a protobuf of two gigabytes would fail the user's own run.
  const fusedOps = typeof options.model === 'object' || options.copies === 'one' ? 'never' : 'once';
  const opened = await openTensorFlow(from, fusedOps, backend);
  return engineOf(opened, { backend, from, families, chosen: options.backend === undefined ? 'chosen' : 'asked for' });
}

interface How {
  readonly backend: BackendName;
  readonly from: string;
  readonly families: readonly VariantFamily[];
  readonly chosen: 'chosen' | 'asked for';
}

function engineOf(opened: OpenedTensorFlow, how: How): Engine {
  const { tf, addon, seams, firstOperationMillis } = opened;
  const native = how.backend === 'tensorflow';
  const all = [...(native ? [graphVariants(addon)] : []), ...how.families];
  return {
    description: describe(opened, how),
    notes: notesOf(opened, how),
    firstOperationMillis,
    load: (model, options) => {
      if (options.threads !== undefined)
        throw new UserError(
          '--threads is for ONNX models: set TF_NUM_INTRAOP_THREADS, from which TensorFlow takes its threads.',
          EXIT.usage,
        );
      const mine = { ...options, tf, families: all };
      return typeof model === 'string' ? loadModel(model, mine) : modelFromObject(model, mine);
    },
    outputsOf: tensorOutputs,
    instrument: (options) => instrument(opened, options),
    environment: () => describeEnvironment(tf),
    memory: () => tf.memory(),
    referenceWork: () => referenceWorkload(tf),
    optimiserPasses: seeOptimiserPasses,
    // Kernels of other backends are far from what the machine reaches, and measuring that would take minutes on them.
    ...(seams.backend().binding === undefined ? {} : { measurePeak: () => measurePeak(tf) }),
    ...(native ? { threadVariable: 'TF_NUM_INTRAOP_THREADS', batchGraphs: batchGraphSource(opened) } : {}),
  };
}

/** @throws UserError (usage) */
function named(backend: string): BackendName {
  const found = BACKENDS.find((one) => one === backend);
  if (found === undefined) throw new UserError(`TensorFlow.js has no backend ${backend} here: give ${BACKENDS.join(', ')}.`, EXIT.usage);
  return found;
}

/** @throws UserError (usage) for what only native TensorFlow can do */
function checkPlain({ model, runtime, needs = [] }: OpenOptions, backend: PlainBackendName): void {
  const remedy = 'install @tensorflow/tfjs-node and give --backend tensorflow';
  if (typeof model === 'string' && recogniseModel(model, runtime).runtime === 'saved-model')
    throw new UserError(`A SavedModel runs in native TensorFlow, not on the backend ${backend}: ${remedy}.`, EXIT.usage);
  if (needs.includes('batch-graphs'))
    throw new UserError(`--traffic tries graphs of native TensorFlow, and this is the backend ${backend}: ${remedy}.`, EXIT.usage);
}

function describe({ tf, inner }: OpenedTensorFlow, { backend, from }: How): string {
  if (backend !== 'tensorflow')
    return `tfjs-core ${tf.version['tfjs-core']} with the backend ${backend}; native TensorFlow (graph variants, SavedModels) is not installed: npm install @tensorflow/tfjs-node`;
  const name = (nativeTensorFlow(from)?.name ?? 'tfjs-node').replace('@tensorflow/', '');
  const version = (tf.version as unknown as Record<string, string>)['tfjs-node'] ?? '?';
  return `${name} ${version}, native library ${describeEnvironment(tf).tensorflow ?? 'unknown'}, ${Object.keys(inner).length} of 3 inner seams`;
}

/** What was chosen, and what cannot be there. */
function notesOf({ sessionReason }: OpenedTensorFlow, { backend, chosen }: How): readonly RunNote[] {
  if (backend !== 'tensorflow') return [{ kind: 'plain-backend', backend, how: chosen }];
  return sessionReason === undefined ? [] : [{ kind: 'no-session-kernels', reason: sessionReason }];
}

/** Session runs and native times belong to measured calls; a profiler of V8 needs names of native operations instead. */
function instrument({ seams, inner, session, native }: OpenedTensorFlow, { recorder, level, purpose }: InstrumentOptions): Instruments {
  const inside = purpose === 'measure' ? given({ session, native }) : {};
  const instrumentation = new Instrumentation({ tf: seams, recorder, inner, graphs: compiledGraphs, level, ...inside });
  if (purpose === 'measure') return instrumentation;
  let undoNames = (): void => undefined;
  return {
    enable: () => {
      undoNames = nameNativeOperations(seams);
      instrumentation.enable();
    },
    disable: () => {
      instrumentation.disable();
      undoNames();
    },
    missingSeams: () => instrumentation.missingSeams(),
  };
}
