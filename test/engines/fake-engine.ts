/**
 * The smallest engine there can be: a library of three functions that multiplies what it is given, and what Inferscope
 * needs of it. A model is a JSON file `{ "factors": [2, 3], "dtype": "float32" }`.
 */
import { readFileSync } from 'node:fs';
import path from 'node:path';
import type { Engine, InProcessEngine, InstrumentOptions, Instruments, ModelOptions } from '../../src/engines/engine.js';
import { describeMachine } from '../../src/engines/machine.js';
import type { Carriers } from '../../src/inputs/arrays.js';
import { makeArrays } from '../../src/inputs/fed-arrays.js';
import { KIND, STAGE } from '../../src/model/codes.js';
import type { LoadedModel, RunnableVariant } from '../../src/model/runnable.js';

interface Buffers {
  readonly data: Float32Array;
  alive: boolean;
}

/** The library, as a user would have installed it: its functions are the seams. */
export const library = {
  alive: 0,
  upload: (data: Float32Array): Buffers => ((library.alive += 1), { data: Float32Array.from(data), alive: true }),
  multiply: ({ data }: Buffers, factor: number): Buffers => library.upload(data.map((value) => value * factor)),
  download: ({ data }: Buffers): Float32Array => Float32Array.from(data),
  free: (buffers: Buffers): void => void ((library.alive -= buffers.alive ? 1 : 0), (buffers.alive = false)),
};

const CARRIERS: Carriers = { engine: 'Fake', dtypes: { float32: 'float32', int64: 'int32', bool: 'bool' } };

export const FAKE: InProcessEngine = {
  name: 'fake',
  runs: 'in-process',
  takes: (model) => model.endsWith('.fake.json'),
  open: () => Promise.resolve(ENGINE),
};

const ENGINE: Engine = {
  description: 'fake 1.0.0',
  notes: [{ kind: 'said', sentence: 'This engine is made up.' }],
  firstOperationMillis: null,
  load: (model, options) => Promise.resolve(load(model as string, options)),
  outputsOf: (result) => [{ name: null, dtype: 'float32', shape: [(result as Buffers).data.length], read: () => (result as Buffers).data }],
  instrument,
  environment: () => ({
    ...describeMachine(),
    ...{ backend: 'fake', tensorflow: null, packages: { fake: '1.0.0' }, flags: {}, threads: { intraOp: null, interOp: null } },
  }),
  memory: () => ({ numTensors: library.alive, numBytes: 0 }),
  referenceWork: () => ({ run: () => elapsed(() => new Float32Array(2000).map((_, at) => Math.sqrt(at))), dispose: () => undefined }),
};

function elapsed(body: () => unknown): number {
  const start = performance.now();
  body();
  return Math.max(1, Math.round((performance.now() - start) * 1e6));
}

function load(file: string, options: ModelOptions): LoadedModel {
  const { factors, dtype } = JSON.parse(readFileSync(file, 'utf8')) as { readonly factors: readonly number[]; readonly dtype: string };
  const inputs = [{ name: 'x', dtype, shape: [-1, 2000] }];
  const notes: string[] = [];
  const { arrays, signature, batch } = makeArrays(inputs, CARRIERS, options, notes);
  const data = arrays[0]!.data as Float32Array;
  const variant = (name: string, all: readonly number[]): RunnableVariant => ({
    variant: { name, call: 'run' },
    async: false,
    prepare: () => Promise.resolve(),
    call: () => {
      let current = library.upload(data);
      for (const factor of all) {
        const next = library.multiply(current, factor);
        library.free(current);
        current = next;
      }
      return current;
    },
    fetch: (result) => void library.download(result as Buffers),
    release: (result) => library.free(result as Buffers),
    dispose: () => undefined,
  });
  return {
    info: {
      ...{ name: path.basename(file, '.fake.json'), path: file, runtime: 'fake-model', sha256: null, parameters: factors.length },
      ...{ nodes: factors.length, inputs, outputs: [{ name: 'y', dtype: 'float32', shape: [-1, 2000] }] },
    },
    // Folded, the factors are one multiplication: what a compiled variant is elsewhere.
    variants: [variant('step-by-step', factors), variant('folded', [factors.reduce((product, factor) => product * factor, 1)])],
    ...{ inputs, inputSignature: signature, batch, notes, dispose: () => undefined },
  };
}

/** Stages end where the next begins; every eighth call is traced inside. */
function instrument({ recorder, level, purpose }: InstrumentOptions): Instruments {
  const { upload, multiply, download } = library;
  const id = (name: string): number => recorder.interner.string(name);
  const spanned = <T>(name: string, kind: number, stage: number, body: () => T): T => {
    const scope = recorder.context();
    if (scope === undefined || (level === 'stages' && kind !== KIND.stage)) return body();
    const row = scope.open(id(name), kind, stage);
    try {
      return body();
    } finally {
      scope.close(row);
    }
  };
  let calls = 0;
  return {
    enable: () => {
      library.multiply = (buffers, factor) => {
        const scope = recorder.context();
        if (scope !== undefined && scope.executionRow < 0) {
          scope.close(scope.adapterRow);
          scope.adapterRow = -1;
          scope.executionRow = scope.open(id('kernel-execution'), KIND.stage, STAGE.kernels);
          scope.traced = purpose === 'measure' && level === 'kernels' && (calls += 1) % 8 === 0;
        }
        return spanned('Multiply', KIND.kernel, STAGE.kernels, () => {
          const start = performance.now();
          const result = multiply(buffers, factor);
          if (scope?.traced === true) scope.insert(scope.top, id('inside'), KIND.native, STAGE.kernels, start, performance.now(), 0);
          return result;
        });
      };
      library.download = (buffers) =>
        spanned('fetch', KIND.stage, STAGE.fetch, () => spanned('download', KIND.transfer, STAGE.fetch, () => download(buffers)));
    },
    disable: () => Object.assign(library, { upload, multiply, download }),
    missingSeams: () => ['The fake library has no seam for its uploads.'],
  };
}
