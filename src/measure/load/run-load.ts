import { setImmediate as turn, setTimeout as delay } from 'node:timers/promises';
import { reasonLine } from '../../model/errors.js';
import type { LoadRequest, LoadRun } from '../../model/load.js';
import type { RunnableVariant } from '../../model/runnable.js';
import { variantKey } from '../../model/variant.js';
import { dueMillis, secondsAt, type AskedLoad } from './arrivals.js';

/** A timer is a millisecond or two late; the rest is waited for by turning the event loop. */
const TIMER_SLACK_MILLIS = 2;
/** After the last moment of a trace, what still waits is answered for so long. */
const MAX_LATE_MILLIS = 10_000;
/** A closed loop lasts so long. */
const CLOSED_SECONDS = 10;
/** Requests that are answered at the same time, of a variant whose calls give promises. */
const MAX_IN_FLIGHT = 256;

export interface RunLoadOptions {
  readonly load: AskedLoad;
  readonly seed: number;
  readonly signal: AbortSignal;
}

/**
 * Sends requests to a variant, without recording: in an open loop at moments of their own, in a closed loop from
 * callers that wait for their answers. Ends early, with the reason, when a call fails.
 */
export async function runLoad(variant: RunnableVariant, { load, seed, signal }: RunLoadOptions): Promise<LoadRun> {
  const server = new Server(variant, signal);
  const { lastedMillis, unserved } =
    load.kind === 'closed'
      ? await closedLoop(server, load.callers)
      : await openLoop(server, dueMillis(load, seed), load.kind === 'trace' ? null : secondsAt(load.perSecond) * 1000);
  return {
    variant: variantKey(variant.variant),
    arrivals: load.kind === 'trace' ? { kind: 'trace', name: load.name, perSecond: load.perSecond } : load,
    lastedNanos: Math.round(lastedMillis * 1e6),
    requests: server.requests(),
    unserved,
    ...(server.failure === undefined ? {} : { failure: server.failure }),
  };
}

interface Loop {
  readonly lastedMillis: number;
  readonly unserved: number;
}

/**
 * What is due when the time is over, and has waited, is not begun any more; of a trace (`lastsMillis` is null), all that is due
 * is answered, as long as that does not take too long.
 */
async function openLoop(server: Server, due: readonly number[], lastsMillis: number | null): Promise<Loop> {
  const end = lastsMillis ?? due.at(-1) ?? 0;
  const latest = lastsMillis === null ? end + MAX_LATE_MILLIS : end;
  let next = 0;
  for (; next < due.length && !server.isStopped(); next++) {
    const at = due[next] ?? 0;
    await server.until(at);
    const now = server.millis();
    if (server.isStopped() || (now > latest && now - at > TIMER_SLACK_MILLIS)) break;
    await server.answer(at);
  }
  const lastedMillis = server.isStopped() ? Math.min(server.millis(), end) : end;
  await server.allAnswered();
  return { lastedMillis, unserved: due.slice(next).filter((at) => at <= lastedMillis).length };
}

async function closedLoop(server: Server, callers: number): Promise<Loop> {
  const caller = async (): Promise<void> => {
    while (!server.isStopped() && server.millis() < CLOSED_SECONDS * 1000) {
      const due = server.millis();
      await turn();
      await server.call(due);
    }
  };
  await Promise.all(Array.from({ length: callers }, caller));
  return { lastedMillis: server.millis(), unserved: 0 };
}

/** One variant that answers requests, and when each was due, began and ended: milliseconds from the first look at the clock. */
class Server {
  readonly #variant: RunnableVariant;
  readonly #signal: AbortSignal;
  readonly #start = performance.now();
  readonly #answered: { readonly due: number; readonly began: number; readonly ended: number }[] = [];
  readonly #inFlight = new Set<Promise<void>>();
  failure: string | undefined;

  constructor(variant: RunnableVariant, signal: AbortSignal) {
    this.#variant = variant;
    this.#signal = signal;
  }

  /** A function, because it changes between two looks. */
  isStopped(): boolean {
    return this.failure !== undefined || this.#signal.aborted;
  }

  millis(): number {
    return performance.now() - this.#start;
  }

  /** The event loop turns at least once, as it does between the requests of a real server. */
  async until(millis: number): Promise<void> {
    const left = millis - this.millis() - TIMER_SLACK_MILLIS;
    if (left > 0) await delay(left, undefined, { signal: this.#signal }).catch(() => undefined);
    do await turn();
    while (this.millis() < millis && !this.isStopped());
  }

  /** Calls that give promises are not waited for, as a server would not. */
  async answer(due: number): Promise<void> {
    if (!this.#variant.async) return await this.call(due);
    const call = this.call(due).finally(() => this.#inFlight.delete(call));
    this.#inFlight.add(call);
    if (this.#inFlight.size >= MAX_IN_FLIGHT) await Promise.race(this.#inFlight);
  }

  async call(due: number): Promise<void> {
    const variant = this.#variant;
    const began = this.millis();
    try {
      const result = variant.async ? await variant.call() : variant.call();
      variant.fetch(result);
      this.#answered.push({ due, began, ended: this.millis() });
      variant.release(result);
    } catch (thrown) {
      this.failure ??= reasonLine(thrown);
    }
  }

  async allAnswered(): Promise<void> {
    await Promise.all(this.#inFlight);
  }

  requests(): LoadRequest[] {
    const nanos = (millis: number): number => Math.round(Math.max(0, millis) * 1e6);
    return [...this.#answered]
      .sort((a, b) => a.began - b.began)
      .map(({ due, began, ended }) => [nanos(due), nanos(began - due), nanos(ended - began)]);
  }
}
