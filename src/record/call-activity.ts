import { AsyncLocalStorage, createHook } from 'node:async_hooks';
import type { CallStart } from '../model/recorder.js';
import { nowMillis } from './clock.js';

/** A call while it runs. */
export interface ActiveCall {
  readonly start: CallStart;
  /** When it began, milliseconds of our clock: what tells calls of one recording apart. */
  readonly startMillis: number;
}

/**
 * A stretch of time in which the thread ran JavaScript (or native code called by it) of one call; of none: what ran inside of a
 * call and is another's.
 */
export interface ActiveSlice {
  readonly startMillis: number;
  readonly endMillis: number;
  readonly call: ActiveCall | undefined;
}

interface Running {
  readonly asyncId: number;
  readonly call: ActiveCall | undefined;
  readonly sinceMillis: number;
}

/** Of the synchronous beginning of an asynchronous call. */
const NO_ID = -1;

/**
 * Which call had the thread, and when. A synchronous call has it from its beginning to its end; an asynchronous one while what it
 * began runs, not while it waits: then others run. Those stretches are seen by `async_hooks`, which are on only while such a
 * call is under way.
 */
export class CallActivity {
  #slices: ActiveSlice[] = [];
  readonly #storage = new AsyncLocalStorage<ActiveCall>();
  /** Whose a callback is, by its asyncId, until the call ends. */
  readonly #owners = new Map<number, ActiveCall>();
  readonly #ids = new Map<ActiveCall, number[]>();
  #running: Running[] = [];
  readonly #hook = createHook({
    init: (asyncId) => this.#made(asyncId),
    before: (asyncId) => this.#enter(asyncId, this.#owners.get(asyncId)),
    after: (asyncId) => this.#leave(asyncId),
  });

  /** `onFull` is called when a hundred thousand slices wait to be taken, again and again until they are. */
  constructor(
    private readonly onFull: () => void,
    private readonly most = 100_000,
  ) {}

  /** A synchronous call has run. */
  ran(call: ActiveCall, endMillis: number): void {
    this.#note({ startMillis: call.startMillis, endMillis, call });
  }

  /** Runs the beginning of an asynchronous call, whose callbacks are watched until {@link ended}. */
  during<T>(call: ActiveCall, body: () => T): T {
    if (this.#ids.size === 0) this.#hook.enable();
    this.#ids.set(call, []);
    this.#enter(NO_ID, call);
    try {
      return this.#storage.run(call, body);
    } finally {
      this.#leave(NO_ID);
    }
  }

  /** An asynchronous call has ended: what runs on is part of none. */
  ended(call: ActiveCall): void {
    for (const id of this.#ids.get(call) ?? []) this.#owners.delete(id);
    this.#ids.delete(call);
    if (this.#ids.size > 0) return;
    this.#hook.disable();
    this.#storage.disable();
  }

  /** Takes what there is, in the order of its ends. Of what runs at the moment, the part until now. */
  take(): readonly ActiveSlice[] {
    const now = nowMillis();
    this.#running = this.#running.map((running) => {
      this.#add(running, now);
      return { ...running, sinceMillis: now };
    });
    const taken = this.#slices;
    this.#slices = [];
    return taken;
  }

  #made(asyncId: number): void {
    const call = this.#storage.getStore();
    const ids = call === undefined ? undefined : this.#ids.get(call);
    if (call === undefined || ids === undefined) return;
    ids.push(asyncId);
    this.#owners.set(asyncId, call);
  }

  #enter(asyncId: number, call: ActiveCall | undefined): void {
    if (call === undefined && this.#running.length === 0) return;
    this.#running.push({ asyncId, call, sinceMillis: nowMillis() });
  }

  /** One that was entered before it and never left has thrown what nobody caught. */
  #leave(asyncId: number): void {
    const at = this.#running.findLastIndex((running) => running.asyncId === asyncId);
    if (at < 0) return;
    const now = nowMillis();
    for (const running of this.#running.splice(at).reverse()) this.#add(running, now);
  }

  #add({ call, sinceMillis }: Running, endMillis: number): void {
    this.#note({ startMillis: sinceMillis, endMillis, call });
  }

  #note(slice: ActiveSlice): void {
    if (this.#slices.push(slice) >= this.most) this.onFull();
  }
}
