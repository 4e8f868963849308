import type { CallRecorder, CallScope } from '../../../model/recorder.js';
import type { EagerClock, SessionSampler } from '../../../model/session.js';
import type { NameIds } from '../../name-ids.js';
import { KIND, STAGE } from '../../../model/codes.js';

/** What is needed to time eager operations inside TensorFlow; absent where the native add-on cannot work. */
export interface EagerInside {
  readonly clock: EagerClock;
  /** A sampler for the calls of one variant. */
  sampler(): SessionSampler;
}

/** Which sampled call is under way. */
interface Previous {
  readonly sampler: SessionSampler;
  readonly traced: boolean;
}

/**
 * The native part of each eager operation, in a sample of the calls: under the operation's span one for TensorFlow's
 * own time, so that what is left is the binding's conversions (marshalling).
 *
 * The first operation of a call decides for all of it. Calls that run a session are left to `SessionRuns`: a call is
 * traced in one way.
 */
export class EagerTimes {
  readonly #samplers = new Map<number, SessionSampler>();
  readonly #name: number;
  #previous: Previous | undefined;
  #seen = 0;

  constructor(
    private readonly recorder: CallRecorder,
    names: NameIds,
    private readonly inside: EagerInside,
    private readonly runsSessions: (sequence: number) => boolean,
  ) {
    this.#name = names.of('native');
  }

  /** Before an operation: whether this call is one of the sample. The clock runs until {@link place}. */
  begin(scope: CallScope): boolean {
    if (scope.kernelRow < 0) this.#decide(scope);
    if (!scope.clocked) return false;
    this.inside.clock.enable();
    this.#seen = this.inside.clock.count;
    return true;
  }

  /** After an operation that {@link begin} allowed: its native part goes under its row. */
  place(scope: CallScope, row: number): void {
    const { clock } = this.inside;
    clock.disable();
    // It never reached TensorFlow: the binding refused it.
    if (clock.count === this.#seen) return;
    const start = clock.lastStartNanos / 1e6;
    scope.insert(row, this.#name, KIND.native, STAGE.kernels, start, start + clock.lastNanos / 1e6, 0);
  }

  #decide(scope: CallScope): void {
    // What the call before took is known only now: it has ended.
    this.#previous?.sampler.record({ traced: this.#previous.traced, nanos: this.recorder.lastLatencyNanos });
    this.#previous = undefined;
    if (scope.traced || scope.buildingRow >= 0 || this.runsSessions(scope.sequence)) return;
    let sampler = this.#samplers.get(scope.sequence);
    if (sampler === undefined) {
      sampler = this.inside.sampler();
      this.#samplers.set(scope.sequence, sampler);
    }
    const traced = sampler.decide();
    this.#previous = { sampler, traced };
    if (!traced) return;
    scope.clocked = true;
    scope.traced = true;
  }
}
