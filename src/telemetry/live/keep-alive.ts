import { AsyncLocalStorage } from 'node:async_hooks';
import { Socket } from 'node:net';

/** Set while spans are handed over, and in whatever that starts. */
const handingOver = new AsyncLocalStorage<true>();

/** On the process: the package's two builds share it. */
const KEY = Symbol.for('inferscope.sockets-watched');

/**
 * Runs something of the program's provider or exporter without letting the timers and sockets that it opens keep the process
 * alive: a batch processor waits half a minute for an exporter that never answers, an exporter ten seconds for a collector,
 * and a program that has ended must not wait with them. While the program runs, nothing changes.
 */
export function withoutKeepingAlive<T>(body: () => T): T {
  watchSockets();
  const real = globalThis.setTimeout;
  const unrefed = (...args: Parameters<typeof setTimeout>): NodeJS.Timeout => real(...args).unref();
  globalThis.setTimeout = Object.assign(unrefed, real) as typeof setTimeout;
  try {
    return handingOver.run(true, body);
  } finally {
    globalThis.setTimeout = real;
  }
}

type Connect = (this: Socket, ...args: unknown[]) => Socket;

/** An exporter connects later than it is called; what it does stays in the context it was called in. */
function watchSockets(): void {
  const holder = globalThis as Record<symbol, true | undefined>;
  if (holder[KEY] === true) return;
  holder[KEY] = true;
  const prototype = Socket.prototype as unknown as { connect: Connect };
  const original = prototype.connect;
  prototype.connect = function connect(...args) {
    const socket = original.apply(this, args);
    if (handingOver.getStore() === true) this.unref();
    return socket;
  };
}

/** The next turn of the event loop, which a program that has ended does not have. */
export const nextTurn = (): Promise<void> => new Promise((resolve) => void setTimeout(resolve, 0).unref());
