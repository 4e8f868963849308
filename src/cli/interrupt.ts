/**
 * Ctrl-C: the first asks the run to stop after the call that is running, so that the report of what there is gets
 * written; the second ends the process at once. Recorded calls are on disk either way.
 */
export function onInterrupt(remark: (text: string) => void, what = 'the report of what was recorded is being written'): { readonly signal: AbortSignal; done(): void } {
  const controller = new AbortController();
  const listener = (): void => {
    if (controller.signal.aborted) process.exit(130);
    remark(`Stopping: ${what} (Ctrl-C again to end at once).`);
    controller.abort();
  };
  process.on('SIGINT', listener);
  process.on('SIGTERM', listener);
  return {
    signal: controller.signal,
    done: () => {
      process.off('SIGINT', listener);
      process.off('SIGTERM', listener);
    },
  };
}
