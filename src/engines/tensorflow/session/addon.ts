import { constants } from 'node:os';
import { fileURLToPath } from 'node:url';
import { loadNativeAddon, type AddonStatus } from '../../native-addon.js';

/** Places of the numbers shared with C; the same list as `enum slot` in src/engines/tensorflow/native/session.h. */
export const SLOT = {
  arm: 0,
  eagerOn: 1,
  eagerCount: 2,
  eagerStart: 3,
  eagerNanos: 4,
  eagerTotal: 5,
  runCount: 6,
  runStart: 7,
  runEnd: 8,
  runSeconds: 9,
  runNanos: 10,
  runStatus: 11,
  lost: 12,
  configStatus: 13,
} as const;

/** The add-on as C exports it. State belongs to the calling JavaScript environment (main thread or worker). */
export interface NativeAddon {
  readonly slots: Float64Array;
  /** RunMetadata of the last traced run; undefined when there is none. Gives it once. */
  take(): ArrayBuffer | undefined;
  /** Redirects bindings that were loaded earlier; the number of redirected functions. */
  attach(): number;
  /** Nanoseconds on the clock of the shared numbers. */
  now(): number;
  /** A serialized ConfigProto for the sessions loaded next by this thread; nothing clears it. */
  setSessionConfig(proto?: Uint8Array): void;
  /** Serialized RunOptions for every session run of this thread; nothing clears them. */
  setRunOptions(proto?: Uint8Array): void;
  /**
   * What is written to descriptor 2 goes into a pipe from now on: its reading end, and a copy of the old descriptor; undefined
   * where that failed.
   */
  pipeStderr(): readonly [readEnd: number, saved: number] | undefined;
  /** Descriptor 2 is `saved` again, which stays open. */
  restoreStderr(saved: number): void;
  /**
   * From the next SIGINT or SIGTERM on, the process ends in `millis` with `lastWords` on descriptor 2, whatever its threads are
   * in, unless `endIn(0)` is called. Call it after `process.on` for the two.
   */
  guardSignals(lastWords: string, millis: number, exitCode: number): void;
  /** The process ends then, with the last words of `guardSignals`; 0 takes that back. */
  endIn(millis: number): void;
}

export type SessionAddonStatus = AddonStatus<NativeAddon>;

const nativeDirectory = fileURLToPath(new URL('../native', import.meta.url));

/**
 * Loads the session add-on into this environment. Never throws.
 *
 * Call it before tfjs-node is required: the binding's functions are then ours from the first call. A binding that is
 * loaded already is redirected by {@link attachAddon}, on x64 and arm64. Calling it again is harmless: one
 * environment has one set of numbers.
 *
 * @param directory where `build/Release` or `prebuilds` are; for tests
 */
export function loadAddon(directory: string = nativeDirectory): SessionAddonStatus {
  const loaded = loadNativeAddon<NativeAddon>({
    directory,
    name: 'session add-on',
    shows: 'operations inside a session run',
    flags: constants.dlopen.RTLD_NOW | constants.dlopen.RTLD_GLOBAL,
    exports: ['slots', 'take'],
  });
  if (loaded.status === 'ready') attachAddon(loaded.addon);
  return loaded;
}

/**
 * Points the bindings that are loaded by now at the add-on; harmless when they are already.
 * @returns how many of their functions come to us: 0 means that no binding is loaded yet, or that it cannot be seen
 */
export function attachAddon(addon: NativeAddon): number {
  return addon.attach();
}
