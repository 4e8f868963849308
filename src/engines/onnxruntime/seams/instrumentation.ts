import type { CallRecorder, CallScope, CallStart } from '../../../model/recorder.js';
import { KIND, STAGE } from '../../../model/codes.js';
import { ONNX_RUNTIME } from '../../../model/variant.js';
import type { CallDepth, CallPolicy, CallSite, UnrecordedCall } from '../../call-site.js';
import { NameIds } from '../../name-ids.js';
import { Patches } from '../../patches.js';
import { BeingMade, type Making } from './being-made.js';
import { type NativeSession, type NativeSessionClass, type OnnxLibrary, type PublicSession, type PublicSessionClass } from './library.js';
import { NativeCalls, type Creation } from './native-calls.js';
import type { NativeInside } from './native-inside.js';
import { StageSpans, Waiting } from './run-spans.js';

export interface OnnxInstrumentationOptions {
  readonly recorder: CallRecorder;
  /** `stages`: stage spans only; `kernels` (default): what the add-on sees inside of sampled runs, too. */
  readonly level?: 'stages' | 'kernels';
  /** Looks inside native calls, where the add-on works. */
  readonly inside?: NativeInside;
  /** Records the runs that a program makes by itself: `site.model` is its session, `site.inputs` are the feeds. */
  readonly policy?: CallPolicy;
  /** Records as calls the sessions that a program makes outside of any call: `site.call` is `create`, `site.inputs` the arguments. */
  readonly creations?: CallPolicy;
  readonly depth?: CallDepth;
  readonly unrecorded?: UnrecordedCall;
  /** Told of every session that is made through the public class, once it is there. */
  readonly onSession?: (session: PublicSession, creation: Creation) => void;
  /** Told of the native session where nobody sees the public class. */
  readonly onNativeSession?: (session: NativeSession, creation: Creation) => void;
}

type Method = (this: object, ...args: unknown[]) => Promise<unknown>;

/**
 * Wraps the seams of `onnxruntime-node`: `InferenceSession.create` and `run` as programs call them, and the native
 * session below, whose class is replaced by a subclass. Sessions that were made before that are called, but not looked
 * into. Arguments, `this`, results and throws pass through untouched; a promise settles with the same value.
 */
export class OnnxInstrumentation {
  readonly #patches = new Patches();
  readonly #libraries: OnnxLibrary[];
  readonly #wrapped = new WeakSet();
  readonly #made = new BeingMade();
  readonly #waiting = new Waiting();
  readonly #names: NameIds;
  readonly #stages: StageSpans;
  readonly #native: NativeCalls;
  #on = false;
  /** Public runs under way: a native run meanwhile is theirs. */
  #running = 0;
  /** Runs of sessions that were made before there was a seam. */
  #unseen = 0;

  constructor(
    private readonly options: OnnxInstrumentationOptions,
    ...libraries: readonly OnnxLibrary[]
  ) {
    const { recorder, level = 'kernels', inside } = options;
    this.#libraries = [...libraries];
    this.#names = new NameIds(recorder.interner);
    this.#stages = new StageSpans(this.#names);
    this.#native = new NativeCalls({ recorder, names: this.#names, stages: this.#stages, waiting: this.#waiting, level, inside });
  }

  enable(): void {
    if (this.#on) return;
    this.#on = true;
    for (const library of this.#libraries) this.#wrap(library);
  }

  /** Adds a copy of the library, or the public class of one whose binding was there before. */
  add(library: OnnxLibrary): void {
    this.#libraries.push(library);
    if (this.#on) this.#wrap(library);
  }

  /** Puts every function back; sessions that were made meanwhile stay, and nothing is seen of them. */
  disable(): void {
    this.#on = false;
    for (const { binding, InferenceSession } of this.#libraries)
      for (const seam of [binding, InferenceSession]) if (seam !== undefined) this.#wrapped.delete(seam);
    this.#patches.undo();
  }

  /** Seams that are missing here, in words. */
  missingSeams(): readonly string[] {
    const missing: string[] = [];
    if (this.#unseen > 0)
      missing.push('Some sessions of ONNX Runtime were made before Inferscope: their runs are not split into queue, kernels and fetch.');
    if (this.options.inside === undefined)
      missing.push('Copies of inputs and outputs by the ONNX Runtime binding count as kernel execution: no add-on looks into it here.');
    return missing;
  }

  #wrap({ binding, InferenceSession }: OnnxLibrary): void {
    const first = (seam: object): boolean => !this.#wrapped.has(seam) && this.#wrapped.add(seam).has(seam);
    if (first(binding)) this.#patches.replace(binding, 'InferenceSession', this.#watched(binding.InferenceSession));
    if (InferenceSession !== undefined && first(InferenceSession)) this.#wrapPublic(InferenceSession);
  }

  #watched(native: NativeSessionClass): NativeSessionClass {
    const load = this.#load.bind(this);
    const run = this.#nativeRun.bind(this);
    return class InferenceSession extends native {
      override loadModel(...args: unknown[]): unknown {
        return load(this, args, () => super.loadModel(...args));
      }

      override run(...args: unknown[]): unknown {
        return run(this, args, () => super.run(...args));
      }
    };
  }

  #wrapPublic(type: PublicSessionClass): void {
    const run = this.#publicRun.bind(this);
    const create = this.#publicCreate.bind(this);
    this.#patches.wrap<Method>(
      type.prototype,
      'run',
      (original) =>
        function (this: object, ...args: unknown[]) {
          return run(this, args, () => original.apply(this, args));
        },
    );
    this.#patches.wrap<Method>(
      type,
      'create',
      (original) =>
        function (this: object, ...args: unknown[]) {
          return create(this, args, () => original.apply(this, args));
        },
    );
  }

  #publicRun(session: object, args: readonly unknown[], body: () => Promise<unknown>): Promise<unknown> {
    const { recorder, policy, unrecorded } = this.options;
    const scope = recorder.context();
    // Without a policy nobody asks whether a native run is one of these: a promise less per call.
    if (policy === undefined) return scope === undefined ? body() : this.#asked(scope, body);
    if (scope !== undefined) return this.#counted(() => this.#asked(scope, body));
    const site: CallSite = { runtime: ONNX_RUNTIME, call: 'run', model: session, inputs: args[0] };
    const start = policy(site);
    if (start === undefined)
      return this.#counted(unrecorded === undefined ? body : () => timed(body, (...told) => unrecorded(site, ...told)));
    return this.#leaf(start, args[0], body);
  }

  /** A run of its own: the feeds tell its native call, so that nothing but the one promise is added to it. */
  #leaf(start: CallStart, feeds: unknown, body: () => Promise<unknown>): Promise<unknown> {
    const { recorder, depth } = this.options;
    const scope = recorder.beginLeaf(start, this.#names.of('run'), KIND.call, STAGE.unexplained);
    if (depth !== undefined) scope.stagesOnly = depth() === 'stages';
    const end = (endMillis: number, thrown?: unknown): void => {
      this.#running--;
      recorder.endLeaf(scope, start, endMillis, thrown);
    };
    this.#running++;
    let promise: Promise<unknown>;
    try {
      promise = Promise.resolve(body());
    } catch (thrown) {
      end(performance.now(), thrown);
      throw thrown;
    }
    // Each moment is read off the clock once, for what ends and what begins with it.
    const askedMillis = performance.now();
    this.#stages.add(scope, 'adapter', scope.top, scope.startMillis(scope.top), askedMillis);
    const pending = this.#waiting.add(scope, askedMillis, feeds);
    return promise.then(
      (result) => {
        const settledMillis = performance.now();
        if (this.#waiting.settle(pending, settledMillis) === 'unseen') this.#unseen++;
        end(settledMillis);
        return result;
      },
      (thrown: unknown) => {
        const settledMillis = performance.now();
        this.#waiting.settle(pending, settledMillis);
        end(settledMillis, thrown);
        throw thrown;
      },
    );
  }

  async #publicCreate(type: object, args: readonly unknown[], body: () => Promise<unknown>): Promise<unknown> {
    const { recorder, creations, onSession } = this.options;
    const made: Making = { creation: null };
    const watched = (): Promise<unknown> => this.#made.run(made, body);
    const scope = recorder.context();
    const start = scope === undefined ? creations?.({ runtime: ONNX_RUNTIME, call: 'create', model: type, inputs: args }) : undefined;
    const session = await (scope !== undefined
      ? this.#asked(scope, watched)
      : start === undefined
        ? watched()
        : recorder.callAsync(start, this.#names.of('create'), KIND.call, STAGE.unexplained, (begun) => this.#asked(begun, watched)));
    const { creation } = made;
    if (creation === null) return session;
    this.#native.lookInto(creation);
    this.#told(() => onSession?.(session as PublicSession, creation));
    return session;
  }

  /** The library's own JavaScript is the data adapter; then the native call is waited for. */
  async #asked(scope: CallScope, body: () => Promise<unknown>): Promise<unknown> {
    this.#stages.beginAdapter(scope);
    let promise: Promise<unknown>;
    try {
      promise = body();
    } finally {
      this.#stages.endAdapter(scope);
    }
    const pending = this.#waiting.add(scope, performance.now());
    try {
      const result = await promise;
      if (this.#waiting.settle(pending, performance.now()) === 'unseen') this.#unseen++;
      return result;
    } catch (thrown) {
      this.#waiting.settle(pending, performance.now());
      throw thrown;
    }
  }

  async #counted(body: () => Promise<unknown>): Promise<unknown> {
    this.#running++;
    try {
      return await body();
    } finally {
      this.#running--;
    }
  }

  #load(session: NativeSession, args: readonly unknown[], body: () => unknown): unknown {
    const { recorder, creations, onNativeSession } = this.options;
    if (!this.#on) return body();
    const scope = recorder.context();
    const made = this.#made.current();
    // The public class was loaded where nobody saw it: making a session is a call all the same.
    const start =
      made !== undefined || scope !== undefined
        ? undefined
        : creations?.({ runtime: ONNX_RUNTIME, call: 'create', model: session, inputs: args });
    let result: unknown;
    const create = (begun: CallScope | undefined): Creation | null => this.#native.create(begun, session, args, () => (result = body()));
    const creation =
      start === undefined ? create(scope) : recorder.callSync(start, this.#names.of('create'), KIND.call, STAGE.glue, create);
    if (made !== undefined) made.creation = creation;
    else if (creation !== null) {
      this.#native.lookInto(creation);
      this.#told(() => onNativeSession?.(session, creation));
    }
    return result;
  }

  /** What fails of ours must not fail the program's call. */
  #told(body: () => void): void {
    try {
      body();
    } catch (thrown) {
      this.options.recorder.trouble(thrown);
    }
  }

  #nativeRun(session: NativeSession, args: readonly unknown[], body: () => unknown): unknown {
    const { recorder, policy, depth } = this.options;
    if (!this.#on) return body();
    const scope = recorder.context();
    if (scope !== undefined) return this.#native.run(scope, this.#waiting.take(scope), session, args, body);
    const asked = this.#waiting.takeAskedWith(args[0]);
    if (asked !== undefined) return this.#native.run(asked.scope, asked, session, args, body);
    // The public class was loaded where nobody saw it: its runs are calls all the same.
    const start =
      policy === undefined || this.#running > 0
        ? undefined
        : policy({ runtime: ONNX_RUNTIME, call: 'run', model: session, inputs: args[0] });
    if (start === undefined) return body();
    return recorder.callSync(start, this.#names.of('run'), KIND.call, STAGE.glue, (begun) => {
      if (depth !== undefined) begun.stagesOnly = depth() === 'stages';
      return this.#native.run(begun, undefined, session, args, body);
    });
  }
}

async function timed(body: () => Promise<unknown>, tell: (nanos: number, outcome: 'returned' | 'threw') => void): Promise<unknown> {
  const start = performance.now();
  const end = (outcome: 'returned' | 'threw'): void => tell((performance.now() - start) * 1e6, outcome);
  try {
    const result = await body();
    end('returned');
    return result;
  } catch (thrown) {
    end('threw');
    throw thrown;
  }
}
