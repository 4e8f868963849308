import { performance } from 'node:perf_hooks';
import { EXIT } from '../model/errors.js';
import { loadAddon, type NativeAddon } from '../engines/tensorflow/session/addon.js';

/** As long as a signal may take to be heard, or a run to stop that only waits. */
const PATIENCE_MILLIS = 1500;
/** Share of the time in which a process that is writing its report runs JavaScript, at the least. */
const BUSY_SHARE = 0.2;

const LAST_WORDS = 'Stopped: the running call did not return. `inferscope view FOLDER` shows what was recorded before it.\n';
const SHOW_CURSOR = '\u001b[?25h';

/**
 * Ctrl-C: the first asks the run to stop after the call that is running, so that the report of what there is gets
 * written; the second ends the process at once. Recorded calls are on disk either way.
 *
 * A thread that is blocked (a graph without an end, a file that gives nothing) never hears a signal, since Node.js tells of it on
 * the event loop: then the add-on ends the process. One that hears it and only waits for something is ended as well.
 */
export function onInterrupt(
  remark: (text: string) => void,
  what = 'the report of what was recorded is being written',
): { readonly signal: AbortSignal; done(): void } {
  const controller = new AbortController();
  let watch: NodeJS.Timeout | undefined;
  const listener = (): void => {
    guard?.endIn(0);
    if (controller.signal.aborted) process.exit(EXIT.interrupted);
    remark(`Stopping: ${what} (Ctrl-C again to end at once).`);
    watch = endWhereIdle(guard);
    controller.abort();
  };
  process.on('SIGINT', listener);
  process.on('SIGTERM', listener);
  const guard = guardSignals();
  return {
    signal: controller.signal,
    done: () => {
      clearTimeout(watch);
      process.off('SIGINT', listener);
      process.off('SIGTERM', listener);
    },
  };
}

/** Undefined where the add-on is missing (it is built for Linux): a blocked thread then needs SIGKILL. */
function guardSignals(): NativeAddon | undefined {
  const loaded = loadAddon();
  if (loaded.status !== 'ready' || typeof loaded.addon.guardSignals !== 'function') return undefined;
  loaded.addon.guardSignals(`${process.stderr.isTTY ? SHOW_CURSOR : ''}${LAST_WORDS}`, PATIENCE_MILLIS, EXIT.interrupted);
  return loaded.addon;
}

/** A report that is being written keeps the event loop busy; what only waits by now waits for something that does not come. */
function endWhereIdle(guard: NativeAddon | undefined): NodeJS.Timeout {
  let since = performance.eventLoopUtilization();
  const look = setInterval(() => {
    const idle = performance.eventLoopUtilization(since).utilization < BUSY_SHARE;
    since = performance.eventLoopUtilization();
    if (!idle) return;
    if (guard === undefined) process.exit(EXIT.interrupted);
    // What JavaScript leaves behind is removed; the exit handlers of libraries would wait for the very threads that are blocked.
    process.emit('exit', EXIT.interrupted);
    guard.endIn(1);
  }, PATIENCE_MILLIS);
  return look.unref();
}
