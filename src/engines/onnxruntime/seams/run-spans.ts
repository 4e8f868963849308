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
  /** Adds what lies between the native call and the promise; undefined until the native call has ended. */
  settle?: (settledMillis: number) => void;
}

/**
 * Work that waits for its native call, by the call that it belongs to. The library hands it over with `setImmediate`, so
 * native calls come in the order in which they were asked for.
 */
export class Waiting {
  readonly #of = new WeakMap<CallScope, Pending[]>();

  add(scope: CallScope): Pending {
    const pending = { scope, serial: scope.serial, parent: scope.top, askedMillis: performance.now() };
    const known = this.#of.get(scope)?.filter(({ serial }) => serial === scope.serial) ?? [];
    this.#of.set(scope, [...known, pending]);
    return pending;
  }

  /** The oldest, whose native call begins now; undefined for one that came another way. */
  take(scope: CallScope): Pending | undefined {
    const [first, ...rest] = this.#of.get(scope)?.filter(({ serial }) => serial === scope.serial) ?? [];
    this.#of.set(scope, rest);
    return first;
  }

  /** Its promise has settled, whether it reached its native call or was refused before: tells whether that was seen. */
  settle(pending: Pending): 'seen' | 'unseen' | 'call over' {
    const { scope } = pending;
    if (scope.serial !== pending.serial || scope.top < 0) return 'call over';
    this.#of.set(scope, this.#of.get(scope)?.filter((other) => other !== pending) ?? []);
    pending.settle?.(performance.now());
    return pending.settle === undefined ? 'unseen' : 'seen';
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
    { parent, detail = 0 }: { readonly parent: number; readonly detail?: number },
    startMillis: number,
    endMillis: number,
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
