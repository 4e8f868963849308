import type { MachinePeak } from '../../model/roofline.js';
import type { ReferenceWork } from '../engine.js';
import { copyRate, fastestSeconds, PEAK_ELEMENTS, PEAK_SIDE } from '../peak.js';
import type { Feeds } from './load/feed.js';
import type { OrtLibrary, OrtNativeSession } from './load/library.js';
import { sessionOptions, type SessionSettings } from './load/session-options.js';
import { smallModel, type SmallNode, type SmallValue } from './load/write-model.js';

/** Runs of one reference: enough to time, short next to a round. */
const STEPS = 10;
const SIDE = 32;

const MAT_MUL: SmallNode = { op: 'MatMul', inputs: ['a', 'a'], output: 'y' };

/** Runs a model of our own straight on the binding: synchronous, outside of every seam. */
function openNative({ nativeSession }: OrtLibrary, model: Uint8Array, settings: SessionSettings): OrtNativeSession {
  const session = new nativeSession();
  // A copy: the binding takes the whole buffer of a view.
  const bytes = Uint8Array.from(model);
  session.loadModel(bytes.buffer, 0, bytes.byteLength, sessionOptions('all', settings));
  return session;
}

/** A fixed piece of work whose time tells how fast the machine wakes ONNX Runtime's threads just now. */
export function referenceWork(library: OrtLibrary, settings: SessionSettings): ReferenceWork {
  const value: SmallValue = ['a', [SIDE, SIDE]];
  const session = openNative(library, smallModel([MAT_MUL], [value], [['y', [SIDE, SIDE]]]), settings);
  const feeds = feedOf(library, value);
  return {
    run: () => {
      const start = performance.now();
      for (let step = 0; step < STEPS; step += 1) session.run(feeds, { y: null }, {});
      return Math.round((performance.now() - start) * 1e6);
    },
    dispose: () => {
      session.dispose();
    },
  };
}

/**
 * What the machine reaches at best with the threads that the model gets, too: arithmetic from a large product, memory
 * from the faster of a sum, which only reads, and a plain copy. Takes half a second and 130 MB.
 */
export function measurePeak(library: OrtLibrary, settings: SessionSettings): MachinePeak {
  const product = fastestOf(library, settings, MAT_MUL, ['a', [PEAK_SIDE, PEAK_SIDE]], [PEAK_SIDE, PEAK_SIDE]);
  const sum = fastestOf(library, settings, { op: 'ReduceMax', inputs: ['a'], output: 'y' }, ['a', [PEAK_ELEMENTS]], [1]);
  return { flopsPerSecond: (2 * PEAK_SIDE ** 3) / product, bytesPerSecond: Math.max((4 * PEAK_ELEMENTS) / sum, copyRate()) };
}

function fastestOf(library: OrtLibrary, settings: SessionSettings, node: SmallNode, input: SmallValue, output: readonly number[]): number {
  const session = openNative(library, smallModel([node], [input], [['y', output]]), settings);
  try {
    const feeds = feedOf(library, input);
    return fastestSeconds(() => {
      session.run(feeds, { y: null }, {});
    });
  } finally {
    session.dispose();
  }
}

function feedOf({ ort }: OrtLibrary, [name, shape]: SmallValue): Feeds {
  const length = shape.reduce((size, side) => size * side, 1);
  return { [name]: new ort.Tensor('float32', new Float32Array(length).fill(0.5), shape) };
}
