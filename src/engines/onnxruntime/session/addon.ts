import { fileURLToPath } from 'node:url';
import { loadNativeAddon, type AddonStatus } from '../../native-addon.js';

/** Places of the numbers shared with C; the same list as `enum slot` in src/engines/onnxruntime/native/onnx.h. */
export const SLOT = {
  arm: 0,
  runCount: 1,
  runStart: 2,
  runEnd: 3,
  runFailed: 4,
  runTraced: 5,
  refused: 6,
  createCount: 7,
  createStart: 8,
  createEnd: 9,
  createFailed: 10,
  readings: 11,
  firstReading: 12,
} as const;

/** The first readings of the profiler's clock that C keeps. */
export const KEPT_READINGS = 8;

/** How a run is traced, `enum arm`: in microseconds as ONNX Runtime measures by itself, or in nanoseconds. */
export const ARM = { off: 0, micros: 1, nanos: 2 } as const;

/** What `attach` reaches, `enum reach`. */
export const REACH = { runs: 1, kernels: 2, nanos: 4, manyLibraries: 8 } as const;

/** The add-on as C exports it. State belongs to the calling JavaScript environment (main thread or worker). */
export interface OnnxAddon {
  readonly slots: Float64Array;
  /** Makes the library of a loaded binding ours; bits of {@link REACH}, 0 while no binding is loaded. */
  attach(): number;
  /** Of the library that `attach` found, `` before. */
  version(): string;
  /** Nanoseconds on the clock of the shared numbers. */
  now(): number;
  /** What the names of the files begin with that traced runs of this thread write. */
  setPrefix(path: string): void;
}

export type OnnxAddonStatus = AddonStatus<OnnxAddon>;

const nativeDirectory = fileURLToPath(new URL('../native', import.meta.url));

/**
 * Loads the add-on into this environment; never throws. Before or after the binding of ONNX Runtime does not matter, but
 * {@link OnnxAddon.attach} finds it only when it is loaded. Calling it again is harmless: one environment has one set of numbers.
 *
 * @param directory where `build/Release` or `prebuilds` are; for tests
 */
export const loadOnnxAddon = (directory: string = nativeDirectory): OnnxAddonStatus =>
  loadNativeAddon<OnnxAddon>({
    directory,
    name: 'add-on for ONNX Runtime',
    shows: 'kernels inside a run of ONNX Runtime',
    exports: ['slots', 'setPrefix'],
  });
