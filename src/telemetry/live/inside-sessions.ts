import type { SessionInside } from '../../engines/tensorflow/seams/session-runs.js';
import { loadAddon } from '../../engines/tensorflow/session/addon.js';
import { createSampler } from '../../engines/tensorflow/session/sampling.js';
import { createSessionTracer } from '../../engines/tensorflow/session/tracer.js';

/**
 * What looks inside session runs, undefined where the native add-on does not work. Called before the program loads
 * TensorFlow, so that the add-on's functions are TensorFlow's from the first call.
 */
export function insideSessions(): SessionInside | undefined {
  const addon = loadAddon();
  return addon.status === 'ready' ? { open: () => ({ tracer: createSessionTracer(addon.addon), sampler: createSampler() }) } : undefined;
}
