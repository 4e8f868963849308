import type { SessionInside } from '../seams/session-runs.js';
import { loadAddon } from '../session/addon.js';
import { createSampler } from '../../session/sampling.js';
import { createSessionTracer } from '../session/tracer.js';

/**
 * What looks inside session runs, undefined where the native add-on does not work. Called before the program loads
 * TensorFlow, so that the add-on's functions are TensorFlow's from the first call.
 */
export function insideSessions(): SessionInside | undefined {
  const addon = loadAddon();
  return addon.status === 'ready' ? { open: () => ({ tracer: createSessionTracer(addon.addon), sampler: createSampler() }) } : undefined;
}
