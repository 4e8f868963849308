import type { CallRecorder, CallScope } from '../../../model/recorder.js';
import type { CallDepth, CallPolicy, CallSite, UnrecordedCall } from '../../call-site.js';
import type { Runtime } from '../../../model/variant.js';
import type { NameIds } from '../../name-ids.js';
import type { Stages } from './stages.js';
import { KIND, STAGE } from '../../../model/codes.js';

type Method = (this: object, ...args: unknown[]) => unknown;

/** Wraps the methods that are inference calls: the root of a call, or the first line of one that a driver began. */
export class CallBoundary {
  readonly #passage: Passage;

  constructor(
    private readonly recorder: CallRecorder,
    private readonly names: NameIds,
    private readonly stages: Stages,
    private readonly policy: CallPolicy | undefined,
    private readonly depth: CallDepth | undefined,
    unrecorded: UnrecordedCall | undefined,
  ) {
    this.#passage = new Passage(unrecorded);
  }

  /** For `predict` and its like: the result is there when the method returns. */
  sync(runtime: Runtime, call: string, original: Method, variant?: string): Method {
    const { recorder, policy, depth } = this;
    const passage = this.#passage;
    const bracket = this.#bracket.bind(this);
    const inside = this.#inside.bind(this);
    const name = this.names.of(call);
    return function (this: object, ...args: unknown[]): unknown {
      const run = (scope: CallScope): unknown => bracket(scope, () => original.apply(this, args));
      const scope = recorder.context();
      if (scope !== undefined) return inside(scope, name, run);
      if (policy === undefined || passage.open) return original.apply(this, args);
      const site: CallSite = { runtime, variant, call, model: this, inputs: args[0] };
      const start = policy(site);
      if (start === undefined) return passage.through(site, () => original.apply(this, args));
      return recorder.callSync(start, name, KIND.call, STAGE.glue, depth === undefined ? run : (begun) => run(limited(begun, depth)));
    };
  }

  /** For `executeAsync` and its like: the call ends when the promise settles. */
  async(runtime: Runtime, call: string, original: Method, variant?: string): Method {
    const { recorder, policy, stages, depth } = this;
    const passage = this.#passage;
    const name = this.names.of(call);
    return function (this: object, ...args: unknown[]): unknown {
      const run = (scope: CallScope): Promise<unknown> => {
        stages.beginAdapter(scope);
        return original.apply(this, args) as Promise<unknown>;
      };
      const scope = recorder.context();
      if (scope !== undefined) return scope.top === 0 ? run(scope) : original.apply(this, args);
      if (policy === undefined || passage.open) return original.apply(this, args);
      const site: CallSite = { runtime, variant, call, model: this, inputs: args[0] };
      const start = policy(site);
      if (start === undefined) return passage.through(site, () => original.apply(this, args));
      return recorder.callAsync(
        start,
        name,
        KIND.call,
        STAGE.unexplained,
        depth === undefined ? run : (begun) => run(limited(begun, depth)),
      );
    };
  }

  /** A call within a call: the driver's own (no span of its own), one method that calls another, or a nested model. */
  #inside(scope: CallScope, name: number, run: (scope: CallScope) => unknown): unknown {
    if (scope.top === 0 || scope.adapterRow >= 0) return run(scope);
    const row = scope.open(name, KIND.call, STAGE.glue);
    try {
      return run(scope);
    } finally {
      scope.close(row);
    }
  }

  #bracket(scope: CallScope, body: () => unknown): unknown {
    const outer = scope.adapterRow >= 0 || scope.executionRow >= 0;
    this.stages.beginAdapter(scope);
    try {
      return body();
    } finally {
      if (!outer) this.stages.endAll(scope);
    }
  }
}

function limited(scope: CallScope, depth: CallDepth): CallScope {
  scope.stagesOnly = depth() === 'stages';
  return scope;
}

/** Calls that are not recorded: one method calls another, and the policy is asked only of the outermost. */
class Passage {
  open = false;

  constructor(private readonly told: UnrecordedCall | undefined) {}

  /** Of an asynchronous call, only what runs at once can ask the policy again. */
  through(site: CallSite, body: () => unknown): unknown {
    const { told } = this;
    this.open = true;
    try {
      return told === undefined ? body() : timed(body, (nanos, outcome) => told(site, nanos, outcome));
    } finally {
      this.open = false;
    }
  }
}

/** Runs `body` and tells how long it took, a promise until it settles. */
function timed(body: () => unknown, tell: (nanos: number, outcome: 'returned' | 'threw') => void): unknown {
  const start = performance.now();
  const end = (outcome: 'returned' | 'threw'): void => tell((performance.now() - start) * 1e6, outcome);
  try {
    const result = body();
    if (result instanceof Promise)
      result.then(
        () => end('returned'),
        () => end('threw'),
      );
    else end('returned');
    return result;
  } catch (thrown) {
    end('threw');
    throw thrown;
  }
}
