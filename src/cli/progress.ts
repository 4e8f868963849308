import { MultiBar, type SingleBar } from 'cli-progress';
import type { LoopOptions } from '../measure/call-loop.js';
import { variantKey } from '../model/variant.js';

/** Progress bars on stderr, one per variant; nothing when stderr is not a terminal. */
export function progressBars(quiet: boolean): { readonly onProgress: LoopOptions['onProgress']; stop(): void } {
  if (quiet || !process.stderr.isTTY) return { onProgress: () => undefined, stop: () => undefined };
  const bars = new MultiBar({
    stream: process.stderr,
    format: '{bar} {variant} {phase} {value} calls',
    hideCursor: true,
    clearOnComplete: true,
  });
  const shown = new Map<number, SingleBar>();
  return {
    onProgress: (run, phase, done, total) => {
      const payload = { variant: variantKey(run.variant.variant).padEnd(28), phase };
      let bar = shown.get(run.index);
      if (bar === undefined) {
        bar = bars.create(total ?? 100, 0, payload);
        shown.set(run.index, bar);
      }
      if (total !== null) bar.setTotal(total);
      else if (phase === 'measure') bar.setTotal(Math.max(done, 100));
      bar.update(done, payload);
    },
    stop: () => bars.stop(),
  };
}
