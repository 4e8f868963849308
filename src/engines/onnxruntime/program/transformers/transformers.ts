import { AsyncLocalStorage } from 'node:async_hooks';
import { KIND, STAGE } from '../../../../model/codes.js';
import type { CallScope } from '../../../../model/recorder.js';
import type { CallPolicy, CallSite } from '../../../call-site.js';
import type { ProgramSeams } from '../../../in-program.js';
import { leftExternal } from '../../../left-external.js';
import { NameIds } from '../../../name-ids.js';
import { shownFile } from '../../../package-of.js';
import { Patches } from '../../../patches.js';
import { ONNX_RUNTIME } from '../../../../model/variant.js';
import { MODEL, OTHER_TASK, PIPELINE, TASKS, type ModelCall } from '../variants.js';
import { wrapClasses, type Method } from './classes.js';
import { callingTransformers, type FoundTransformers } from './find.js';
import { describeInput } from './inputs.js';
import { Phases, type Phase } from './phases.js';

/**
 * Pipelines of transformers.js, and its models outside of any, as calls of their own. Each copy of it is found when it makes its first
 * session, which it does before any of its pipelines is called.
 */
export class Transformers {
  readonly #patches = new Patches();
  readonly #names: NameIds;
  readonly #found = new Set<string>();
  readonly #carriers = new Map<string, boolean>();
  readonly #phases = new WeakMap<CallScope, Phases>();
  /** Within a call that is not recorded, runs are no calls of their own. */
  readonly #passed = new AsyncLocalStorage<true>();
  #on = true;

  constructor(
    private readonly seams: ProgramSeams,
    private readonly tell: (file: string, sentence: string) => void,
  ) {
    this.#names = new NameIds(seams.recorder.interner);
  }

  /** A session is about to be made by whoever calls this: is it transformers.js? */
  look(): 'program' | 'transformers' {
    const found = callingTransformers(this.#carriers);
    if (found === undefined) return 'program';
    if (!this.#found.has(found.file)) {
      this.#found.add(found.file);
      if (found.kind === 'package') void this.#wrap(found);
      else this.tell(found.file, bundledSentence(found.file));
    }
    return 'transformers';
  }

  /** Of runs: those within a call that nobody records are none. */
  runsPolicy(policy: CallPolicy): CallPolicy {
    return (site) => (this.inUnrecorded() ? undefined : policy(site));
  }

  inUnrecorded(): boolean {
    return this.#passed.getStore() === true;
  }

  /** Puts every function back. */
  disable(): void {
    this.#on = false;
    this.#patches.undo();
  }

  async #wrap(found: FoundTransformers & { readonly kind: 'package' }): Promise<void> {
    try {
      const exports = await found.exports();
      const seams = {
        pipeline: (original: Method) => this.#pipeline(original),
        model: (call: ModelCall, original: Method) => this.#model(call, original),
        step: (phase: Phase, name: string, original: Method) => this.#step(phase, name, original),
      };
      if (this.#on && !wrapClasses(exports, this.#patches, seams)) this.tell(found.file, unknownSentence(found.file));
    } catch (thrown) {
      this.seams.recorder.trouble(thrown);
    }
  }

  #pipeline(original: Method): Method {
    const call = this.#call.bind(this);
    return function (this: object, ...args: unknown[]): unknown {
      const body = (): unknown => original.apply(this, args);
      const site = (): Doing => ({ variant: PIPELINE, call: taskOf(this), model: this, inputs: describeInput(args[0]) });
      return call(site, body, body);
    };
  }

  /** Within a pipeline a model is its step. */
  #model(doing: ModelCall, original: Method): Method {
    const call = this.#call.bind(this);
    const step = this.#step('model', 'model', original);
    return function (this: object, ...args: unknown[]): unknown {
      const site = (): Doing => ({ variant: MODEL, call: doing, model: this, inputs: args[0] });
      return call(
        site,
        () => original.apply(this, args),
        () => step.apply(this, args),
      );
    };
  }

  /** The root of all that happens in it, and `inner` within another. */
  #call(doing: () => Doing, body: () => unknown, inner: () => unknown): unknown {
    const { recorder, policy, depth, unrecorded } = this.seams;
    if (recorder.context() !== undefined || this.inUnrecorded()) return inner();
    const site = { runtime: ONNX_RUNTIME, ...doing() };
    const start = policy(site);
    if (start === undefined) {
      const asked = performance.now();
      const passed = this.#passed.run(true, body);
      if (unrecorded === undefined || !(passed instanceof Promise)) return passed;
      const told = (outcome: 'returned' | 'threw'): void => unrecorded(site, (performance.now() - asked) * 1e6, outcome);
      return settled(passed, told);
    }
    const model = site.variant === MODEL ? nameOf(site.model) : undefined;
    return recorder.callAsync(start, this.#names.of(site.call), KIND.call, STAGE.unexplained, (scope) => {
      if (depth !== undefined) scope.stagesOnly = depth() === 'stages';
      this.#phases.set(scope, new Phases(scope, this.#names, recorder.interner, model));
      return Promise.resolve(body());
    });
  }

  #step(phase: Phase, name: string, original: Method): Method {
    const phasesNow = this.#phasesNow.bind(this);
    return function (this: object, ...args: unknown[]): unknown {
      const phases = phasesNow();
      if (phases === undefined) return original.apply(this, args);
      if (phase === 'post' && phases.inModel) return phases.stream(name, nameOf(this), () => original.apply(this, args));
      phases.enter(phase, name, nameOf(this));
      let result: unknown;
      try {
        result = original.apply(this, args);
      } catch (thrown) {
        phases.leave(phase);
        throw thrown;
      }
      if (result instanceof Promise) return settled(result, () => phases.leave(phase));
      phases.leave(phase);
      return result;
    };
  }

  #phasesNow(): Phases | undefined {
    const scope = this.seams.recorder.context();
    const phases = scope === undefined ? undefined : this.#phases.get(scope);
    return phases === undefined || phases.over ? undefined : phases;
  }
}

type Doing = Omit<CallSite, 'runtime'> & { readonly variant: typeof PIPELINE | typeof MODEL };

/** The class of an object, or a class itself where the method is one of the class. */
function nameOf(of: object): string {
  const type: unknown = typeof of === 'function' ? of : of.constructor;
  return typeof type === 'function' ? type.name : 'object';
}

function taskOf(pipeline: object): string {
  const task: unknown = Reflect.get(pipeline, 'task');
  if (typeof task !== 'string') return OTHER_TASK;
  if (TASKS.includes(task)) return task;
  // `translation_en_to_fr`, and other names of tasks that are listed.
  return TASKS.find((known) => task.startsWith(`${known}_`)) ?? ALIASES[task] ?? OTHER_TASK;
}

const ALIASES: Readonly<Record<string, string>> = {
  'sentiment-analysis': 'text-classification',
  ner: 'token-classification',
  asr: 'automatic-speech-recognition',
  'text-to-speech': 'text-to-audio',
  embeddings: 'feature-extraction',
};

/** The same result or error, after someone was told. */
const settled = (promise: Promise<unknown>, tell: (outcome: 'returned' | 'threw') => void): Promise<unknown> =>
  promise.then(
    (value) => {
      tell('returned');
      return value;
    },
    (thrown: unknown) => {
      tell('threw');
      throw thrown;
    },
  );

const RUNS = 'Runs of its sessions are recorded, each as a call.';

const unknownSentence = (file: string): string =>
  `Pipelines of transformers.js in ${shownFile(file)} are not told apart, because Inferscope does not know this version; it knows 2.0 to 4.3. ${RUNS}`;

const bundledSentence = (file: string): string =>
  `Pipelines of the transformers.js that is bundled into ${shownFile(file)} are not told apart: build it with ${leftExternal('@huggingface/transformers')}. ${RUNS}`;
