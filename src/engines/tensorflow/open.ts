import { installLoadHook, innerSeamsOf } from './seams/load-hook.js';
import type { InnerSeams, WrappedTf } from './seams/seams.js';
import type { EagerInside } from './seams/eager-times.js';
import type { SessionInside } from './seams/session-runs.js';
import { loadPlainTensorFlow, type BackendName, type PlainBackendName } from './load/plain-backends.js';
import { loadTensorFlow, nativeTensorFlow, type TensorFlow } from './load/tensorflow.js';
import { loadAddon, type SessionAddonStatus } from './session/addon.js';
import { createEagerClock } from './session/clock.js';
import { createSampler } from '../session/sampling.js';
import { createSessionTracer } from './session/tracer.js';

/** The user's TensorFlow, loaded so that its inner seams can be reached. */
export interface OpenedTensorFlow {
  readonly tf: TensorFlow;
  /** The same object, as instrumentation sees it. */
  readonly seams: WrappedTf;
  readonly inner: InnerSeams;
  /** Time that the first native operation of the process took: library start-up, kept out of every call. */
  readonly firstOperationMillis: number;
  /** Configures sessions and looks into their runs, where it works. */
  readonly addon: SessionAddonStatus;
  /** Looks inside session runs, where the native add-on works. */
  readonly session: SessionInside | undefined;
  /** Times eager operations inside TensorFlow, where the add-on works. */
  readonly native: EagerInside | undefined;
  /** Why it does not, where it does not. */
  readonly sessionReason: string | undefined;
}

/**
 * Loads TensorFlow once for a process: the load hook goes in before, and comes out after.
 *
 * The first native operation of a process starts thread pools and contexts (some 10 to 50 ms). It is run here, timed
 * and reported, because otherwise the first stage of the first call would be blamed for it.
 * @throws UserError when TensorFlow is not installed or does not load.
 */
export async function openTensorFlow(
  from: string = process.cwd(),
  fusedOps: 'once' | 'never' = 'once',
  backend: BackendName = 'tensorflow',
): Promise<OpenedTensorFlow> {
  if (backend !== 'tensorflow') return openPlain(from, backend);
  // TensorFlow logs to stderr at its leisure; warnings and errors stay.
  process.env['TF_CPP_MIN_LOG_LEVEL'] ??= '1';
  // Before TensorFlow's own binding: the add-on takes the place of three of its functions.
  const addon = loadAddon();
  const uninstall = installLoadHook();
  let tf: TensorFlow;
  try {
    tf = await loadTensorFlow({ from });
  } finally {
    uninstall();
  }
  const entry = nativeTensorFlow(from)?.file;
  const start = performance.now();
  tf.tidy(() => tf.add(tf.scalar(1), tf.scalar(1)).dataSync());
  return {
    tf,
    seams: tf,
    inner: entry === undefined ? {} : innerSeamsOf(entry),
    firstOperationMillis: performance.now() - start,
    addon,
    session:
      addon.status === 'ready'
        ? { open: () => ({ tracer: createSessionTracer(addon.addon, { fusedOps }), sampler: createSampler() }) }
        : undefined,
    native: addon.status === 'ready' ? { clock: createEagerClock(addon.addon), sampler: createSampler } : undefined,
    sessionReason: addon.status === 'ready' ? undefined : addon.reason,
  };
}

/** tfjs with a backend of WebAssembly or JavaScript: there is no native library, and so nothing inside of it. */
async function openPlain(from: string, backend: PlainBackendName): Promise<OpenedTensorFlow> {
  const uninstall = installLoadHook();
  try {
    const { tf, entry } = await loadPlainTensorFlow(backend, from);
    const start = performance.now();
    tf.tidy(() => tf.add(tf.scalar(1), tf.scalar(1)).dataSync());
    const firstOperationMillis = performance.now() - start;
    const addon = { status: 'unavailable', reason: `the backend ${backend} has no sessions` } as const;
    return {
      tf,
      seams: tf,
      inner: innerSeamsOf(entry),
      firstOperationMillis,
      addon,
      session: undefined,
      native: undefined,
      sessionReason: undefined,
    };
  } finally {
    uninstall();
  }
}
