import { statSync } from 'node:fs';
import { EXIT, UserError } from '../../model/errors.js';
import { given } from '../../model/given.js';
import type { RunnableVariant } from '../../model/runnable.js';
import { ONNX_RUNTIME, variantKey } from '../../model/variant.js';
import type { Engine, InProcessEngine, InstrumentOptions, Instruments, ModelOptions, OpenOptions, SeenPasses } from '../engine.js';
import { onnxEnvironment } from './load/environment.js';
import { loadOnnxRuntime, PACKAGE, type OrtLibrary } from './load/library.js';
import { loadOnnxModel } from './load/load-model.js';
import { LEVELS, sessionOptions, type SessionSettings } from './load/session-options.js';
import { measurePeak, referenceWork } from './native-work.js';
import { tensorOutputs } from './outputs.js';
import { OnnxInstrumentation } from './seams/instrumentation.js';
import type { OnnxLibrary } from './seams/library.js';
import { operationsOf, sameGraphNotes } from './same-graph.js';
import { seeCreation } from './session/helper-session.js';
import { openOnnxInside, type InsideStatus } from './session/inside.js';

/** ONNX Runtime in this process: `.onnx` files, on the processor. */
export const ONNXRUNTIME: InProcessEngine = {
  name: ONNX_RUNTIME,
  runs: 'in-process',
  takes: (model, runtime) =>
    runtime === ONNX_RUNTIME || (/\.(onnx|ort)$/i.test(model) && statSync(model, { throwIfNoEntry: false })?.isFile() === true),
  open: async (options = {}) => {
    refuseOptions(options);
    const from = options.from ?? process.cwd();
    const library = loadOnnxRuntime(from);
    const firstOperationMillis = await startUp(library);
    return engineOf(library, firstOperationMillis, options.copies ?? 'several');
  },
};

/** @throws UserError (usage) for what other engines have */
function refuseOptions({ backend, needs = [] }: OpenOptions): void {
  if (backend !== undefined)
    throw new UserError(`--backend ${backend} chooses a backend of TensorFlow.js, and this is an ONNX model: leave it out.`, EXIT.usage);
  if (needs.includes('batch-graphs'))
    throw new UserError('--traffic tries graphs for each batch size, and ONNX Runtime builds none: leave it out.', EXIT.usage);
}

/** The first session of a process starts the library: its time is in no call. */
async function startUp({ ort }: OrtLibrary): Promise<number> {
  const start = performance.now();
  const { smallModel } = await import('./load/write-model.js');
  const model = smallModel([{ op: 'Relu', inputs: ['x'], output: 'y' }], [['x', [1]]], [['y', [1]]]);
  const session = await ort.InferenceSession.create(model, { logSeverityLevel: 3 });
  await session.run({ x: new ort.Tensor('float32', new Float32Array(1), [1]) });
  await session.release();
  return performance.now() - start;
}

function engineOf(library: OrtLibrary, firstOperationMillis: number, copies: 'several' | 'one'): Engine {
  /** Of the model that is measured, the first; trials load it again with others. */
  let measured: SessionSettings | undefined;
  const settings = (): SessionSettings => measured ?? { spinning: 'off' };
  let file: string | undefined;
  const graphs = new Map<string, string>();
  const looked = openOnnxInside({
    nativeSession: library.nativeSession,
    entry: library.file,
    original: () => file,
    twins: copies === 'one' ? 'never' : 'where-needed',
  });
  const inside = looked.status === 'ready' ? looked.inside : undefined;
  return {
    description: `${PACKAGE} ${library.version}`,
    get notes() {
      return [
        ...(looked.status === 'ready' ? [] : [{ kind: 'no-session-kernels', reason: looked.reason } as const]),
        ...sameGraphNotes(graphs),
      ];
    },
    firstOperationMillis,
    load: async (model, options) => {
      if (typeof model !== 'string')
        throw new UserError('ONNX Runtime takes the path of an .onnx file, not a session: give the file.', EXIT.usage);
      const own = settingsOf(options);
      measured ??= own;
      const loaded = await loadOnnxModel(library.ort, model, options, own);
      file = model;
      return inside === undefined
        ? loaded
        : { ...loaded, variants: loaded.variants.map((variant) => seenBefore(variant, { inside, file: model, settings: own, graphs })) };
    },
    sessionThreads: true,
    outputsOf: tensorOutputs,
    instrument: (options) => instrument(library, options, inside),
    optimiserPasses: ({ info }) => seePasses(library, info.path, settings()),
    environment: () =>
      onnxEnvironment({
        packages: { [PACKAGE]: library.version },
        threads: { intraOp: settings().threads ?? null, interOp: 1 },
        flags: { 'onnxruntime:allow_spinning': settings().spinning === 'on' ? '1' : '0' },
      }),
    // Sessions keep their memory to themselves: there is nothing to count.
    memory: () => ({ numTensors: 0, numBytes: 0 }),
    referenceWork: () => referenceWork(library, settings()),
    measurePeak: () => measurePeak(library, settings()),
  };
}

type Inside = Extract<InsideStatus, { status: 'ready' }>['inside'];

const settingsOf = ({ threads, spinning = 'off' }: ModelOptions): SessionSettings => ({
  spinning,
  ...(threads === undefined ? {} : { threads }),
});

function instrument(
  { ort, binding }: OrtLibrary,
  { recorder, level, purpose }: InstrumentOptions,
  inside: Inside | undefined,
): Instruments {
  const library = { binding, InferenceSession: ort.InferenceSession } as unknown as OnnxLibrary;
  // A profiler of V8 sees the binding's functions whole; nothing is traced meanwhile.
  const looked = purpose === 'measure' ? given({ inside }) : {};
  const instrumentation = new OnnxInstrumentation({ recorder, level, ...looked }, library);
  return {
    enable: () => instrumentation.enable(),
    disable: () => instrumentation.disable(),
    missingSeams: () => [...instrumentation.missingSeams(), ...(inside?.reasons() ?? [])],
  };
}

/** The graph that a variant runs is looked at before anything is measured: a process of its own makes the session for that. */
function seenBefore(
  variant: RunnableVariant,
  { inside, file, settings, graphs }: { inside: Inside; file: string; settings: SessionSettings; graphs: Map<string, string> },
): RunnableVariant {
  // The file was written by a session of `all`.
  const level = variant.variant.name === 'offline' ? 'all' : LEVELS.find((name) => name === variant.variant.name);
  if (level === undefined) return variant;
  return {
    ...variant,
    prepare: async () => {
      await variant.prepare();
      const graph = await inside.prepare(file, sessionOptions(level, settings));
      if (graph !== undefined) graphs.set(variantKey(variant.variant), operationsOf(graph));
    },
  };
}

/** What making a session takes, with everything that the optimiser can do. */
const seePasses = async ({ file: entry }: OrtLibrary, model: string | null, settings: SessionSettings): Promise<SeenPasses> =>
  model === null
    ? { reason: 'only a model in a file can be looked at' }
    : seeCreation({ entry, model: { kind: 'path', path: model }, options: sessionOptions('all', settings) as Record<string, unknown> });
