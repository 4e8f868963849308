import type { CallScope } from '../../../model/recorder.js';
import { KIND, STAGE } from '../../../model/codes.js';
import type { NameIds } from '../../name-ids.js';

/** A piece of asynchronous work of the library; milliseconds of `performance.now()`. */
export interface Pending {
  readonly scope: CallScope;
  /** Of the scope, which may be another call's when this settles. */
  readonly serial: number;
  /** Row that its stages belong to. */
  readonly parent: number;
  /** When the library's own JavaScript had returned its promise: the wait begins. */
  readonly askedMillis: number;
  /** What a run was asked with, where that tells its native call; undefined where the scope does. */
  readonly feeds: unknown;
  /** Adds what lies between the native call and the promise; undefined until the native call has ended. */
  settle: ((settledMillis: number) => void) | undefined;
}

/**
 * Work that waits for its native call. The library hands it over with `setImmediate`, so native calls come in the order in
 * which they were asked for, and it hands on the very object with the feeds.
 */
export class Waiting {
  readonly #asked: Pending[] = [];

  add(scope: CallScope, askedMillis: number, feeds?: unknown): Pending {
    const { serial, top } = scope;
    const pending: Pending = { scope, serial, parent: top, askedMillis, feeds, settle: undefined };
    this.#asked.push(pending);
    return pending;
  }

  /** The oldest of a call, whose native call begins now; undefined for one that came another way. */
  take(scope: CallScope): Pending | undefined {
    return this.#remove(this.#asked.findIndex((asked) => asked.scope === scope && asked.serial === scope.serial));
  }

  /** The oldest that was asked with these feeds. */
  takeAskedWith(feeds: unknown): Pending | undefined {
    if (feeds === undefined) return undefined;
    return this.#remove(this.#asked.findIndex((asked) => asked.feeds === feeds));
  }

  /** Its promise has settled, whether it reached its native call or was refused before: tells whether that was seen. */
  settle(pending: Pending, settledMillis: number): 'seen' | 'unseen' | 'call over' {
    const { scope } = pending;
    this.#remove(this.#asked.indexOf(pending));
    if (scope.serial !== pending.serial || scope.top < 0) return 'call over';
    pending.settle?.(settledMillis);
    return pending.settle === undefined ? 'unseen' : 'seen';
  }

  #remove(index: number): Pending | undefined {
    if (index < 0) return undefined;
    // One waits, most of the time: nothing is allocated for it.
    return index === 0 ? this.#asked.shift() : this.#asked.splice(index, 1)[0];
  }
}

/** Stage spans of a call. Between two turns of the event loop there is no function to wrap: most are added when their times are known. */
export class StageSpans {
  readonly #names: Readonly<Record<'adapter' | 'queue' | 'building' | 'kernels' | 'fetch', number>>;

  constructor(names: NameIds) {
    this.#names = {
      adapter: names.of('data-adapter'),
      queue: names.of('queue'),
      building: names.of('graph-building'),
      kernels: names.of('kernel-execution'),
      fetch: names.of('fetch'),
    };
  }

  /** Returns its row, or -1 when the call is full. */
  add(
    scope: CallScope,
    stage: 'adapter' | 'queue' | 'building' | 'kernels' | 'fetch',
    parent: number,
    startMillis: number,
    endMillis: number,
    detail = 0,
  ): number {
    return scope.insert(parent, this.#names[stage], KIND.stage, STAGE[stage], startMillis, endMillis, detail);
  }

  beginAdapter(scope: CallScope): void {
    if (scope.adapterRow < 0) scope.adapterRow = scope.open(this.#names.adapter, KIND.stage, STAGE.adapter);
  }

  endAdapter(scope: CallScope): void {
    if (scope.adapterRow < 0) return;
    scope.close(scope.adapterRow);
    scope.adapterRow = -1;
  }
}
