import { diag } from '@opentelemetry/api';
import type { TracerProvider } from '@opentelemetry/api';
import { Patches } from '../../engines/patches.js';
import { messageOf } from '../../model/errors.js';
import { withoutKeepingAlive } from './keep-alive.js';

type Ending = (this: object) => Promise<void>;

/**
 * The program's tracer provider, told to wait for us: spans are made after the call, so that when the program flushes or
 * shuts its provider down (at SIGTERM, at the end of a serverless invocation), the calls that wait have to become spans
 * first. The program is not asked to know of this.
 */
export class ProviderHook {
  readonly #patches = new Patches();
  #watched: object | undefined;
  #original: Ending | undefined;

  constructor(
    private readonly provider: () => TracerProvider,
    /** Makes spans of all calls that wait, for as long as that may take; what is left when the provider shuts down is lost. */
    private readonly drain: (then: 'go-on' | 'end') => Promise<void>,
  ) {}

  /** Called for each recorded call: the provider may be registered late, or change. */
  watch(): void {
    const provider = delegateOf(this.provider());
    if (provider === this.#watched) return;
    this.undo();
    this.#watched = provider;
    const { drain } = this;
    const drained = (original: Ending, then: 'go-on' | 'end'): Ending =>
      async function (this: object) {
        await drain(then);
        await original.call(this);
      };
    this.#patches.wrap<Ending>(provider, 'forceFlush', (original) => {
      this.#original = original;
      return drained(original, 'go-on');
    });
    this.#patches.wrap<Ending>(provider, 'shutdown', (original) => drained(original, 'end'));
  }

  /** The provider's own flush, without us. */
  async forceFlush(): Promise<void> {
    if (this.#watched === undefined) return;
    const watched = this.#watched;
    const original = this.#original;
    await withoutKeepingAlive(() => original?.call(watched))?.catch((thrown: unknown) =>
      diag.warn(`inferscope: the tracer provider did not flush: ${messageOf(thrown)}`),
    );
  }

  undo(): void {
    this.#patches.undo();
    this.#watched = undefined;
    this.#original = undefined;
  }
}

/** The API's proxy hides the provider behind `getDelegate`. */
function delegateOf(provider: TracerProvider): object {
  return (provider as { getDelegate?: () => object }).getDelegate?.() ?? provider;
}
