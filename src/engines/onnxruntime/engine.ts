import { statSync } from 'node:fs';
import { relevantVariables } from '../../model/environment-variables.js';
import { EXIT, UserError } from '../../model/errors.js';
import { ONNX_RUNTIME } from '../../model/variant.js';
import type { Engine, InProcessEngine, InstrumentOptions, Instruments, ModelOptions, OpenOptions } from '../engine.js';
import { describeMachine } from '../machine.js';
import { loadOnnxRuntime, PACKAGE, type OrtLibrary } from './load/library.js';
import { loadOnnxModel } from './load/load-model.js';
import type { SessionSettings } from './load/session-options.js';
import { measurePeak, referenceWork } from './native-work.js';
import { tensorOutputs } from './outputs.js';
import { OnnxInstrumentation } from './seams/instrumentation.js';
import type { OnnxLibrary } from './seams/library.js';

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
    return engineOf(library, firstOperationMillis);
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

function engineOf(library: OrtLibrary, firstOperationMillis: number): Engine {
  let settings: SessionSettings = { spinning: 'off' };
  return {
    description: `${PACKAGE} ${library.version}`,
    notes: [],
    firstOperationMillis,
    load: (model, options) => {
      if (typeof model !== 'string')
        throw new UserError('ONNX Runtime takes the path of an .onnx file, not a session: give the file.', EXIT.usage);
      settings = settingsOf(options);
      return loadOnnxModel(library.ort, model, options, settings);
    },
    outputsOf: tensorOutputs,
    instrument: (options) => instrument(library, options),
    environment: () => ({
      ...describeMachine(),
      backend: ONNX_RUNTIME,
      tensorflow: null,
      packages: { [PACKAGE]: library.version },
      threads: { intraOp: settings.threads ?? null, interOp: 1 },
      flags: { ...relevantVariables(process.env), 'onnxruntime:allow_spinning': settings.spinning === 'on' ? '1' : '0' },
    }),
    // Sessions keep their memory to themselves: there is nothing to count.
    memory: () => ({ numTensors: 0, numBytes: 0 }),
    referenceWork: () => referenceWork(library, settings),
    measurePeak: () => measurePeak(library, settings),
  };
}

const settingsOf = ({ threads, spinning = 'off' }: ModelOptions): SessionSettings => ({
  spinning,
  ...(threads === undefined ? {} : { threads }),
});

function instrument({ ort, binding }: OrtLibrary, { recorder, level }: InstrumentOptions): Instruments {
  const library = { binding, InferenceSession: ort.InferenceSession } as unknown as OnnxLibrary;
  return new OnnxInstrumentation({ recorder, level }, library);
}
