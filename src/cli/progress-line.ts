import { SingleBar } from 'cli-progress';

/** One progress bar on stderr that says what is under way; nothing when stderr is not a terminal. */
export function progressLine(quiet: boolean): { show(what: string, done: number, of: number): void; stop(): void } {
  if (quiet || !process.stderr.isTTY) return { show: () => undefined, stop: () => undefined };
  const bar = new SingleBar({ stream: process.stderr, format: '{bar} {what} {value} of {total}', hideCursor: true, clearOnComplete: true });
  let started = false;
  return {
    show: (what, done, of) => {
      if (!started) bar.start(of, done, { what });
      started = true;
      bar.setTotal(of);
      bar.update(done, { what });
    },
    stop: () => bar.stop(),
  };
}
