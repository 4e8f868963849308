/**
 * Runs something of the program's provider or exporter without letting the timers that it sets keep the process alive: a batch
 * processor waits half a minute for an exporter that never answers, and a program that has ended must not wait with it.
 */
export function withoutKeepingAlive<T>(body: () => T): T {
  const real = globalThis.setTimeout;
  const unrefed = (...args: Parameters<typeof setTimeout>): NodeJS.Timeout => real(...args).unref();
  globalThis.setTimeout = Object.assign(unrefed, real) as typeof setTimeout;
  try {
    return body();
  } finally {
    globalThis.setTimeout = real;
  }
}

/** The next turn of the event loop, which a program that has ended does not have. */
export const nextTurn = (): Promise<void> => new Promise((resolve) => void setTimeout(resolve, 0).unref());
