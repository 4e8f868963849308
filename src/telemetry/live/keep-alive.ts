import { AsyncLocalStorage, createHook } from 'node:async_hooks';
import { Socket } from 'node:net';

/** Set while spans are handed over, and in whatever that starts. */
const handingOver = new AsyncLocalStorage<true>();

/** On the process: the package's two builds share it. */
const KEY = Symbol.for('inferscope.sockets-watched');

/**
 * Runs something of the program's provider or exporter without letting the timers and sockets that it opens keep the process
 * alive: a batch processor waits half a minute for an exporter that never answers, an exporter ten seconds for a collector, or
 * looks every second whether it is done, and a program that has ended must not wait with them. Of a promise, all that is
 * opened until it settles. While the program runs, nothing changes.
 */
export function withoutKeepingAlive<T>(body: () => T): T {
  watchSockets();
  return unrefTimers.during(() => handingOver.run(true, body));
}

/** Sees each timer as it is made while something is handed over, from whichever module and after whatever was awaited. */
class UnrefTimers {
  #underWay = 0;
  readonly #hook = createHook({
    init: (_id, type, _trigger, resource) => {
      if (type === 'Timeout' && handingOver.getStore() === true) (resource as NodeJS.Timeout).unref();
    },
  });

  /** Of a promise: until it settles. */
  during<T>(body: () => T): T {
    if (this.#underWay++ === 0) this.#hook.enable();
    let result: T | undefined;
    try {
      result = body();
      return result;
    } finally {
      if (result instanceof Promise) result.then(this.#done, this.#done);
      else this.#done();
    }
  }

  readonly #done = (): void => {
    if (--this.#underWay === 0) this.#hook.disable();
  };
}

const unrefTimers = new UnrefTimers();

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

/** What the program itself waits for: however its timers are, the program does not end before it has settled. */
export async function keepingAlive<T>(body: () => Promise<T>): Promise<T> {
  const hold = setInterval(() => undefined, 2 ** 30);
  try {
    return await body();
  } finally {
    clearInterval(hold);
  }
}

/** The next turn of the event loop, which a program that has ended does not have. */
export const nextTurn = (): Promise<void> => new Promise((resolve) => void setTimeout(resolve, 0).unref());
