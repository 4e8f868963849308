import type { CallSite } from '../../call-site.js';
import type { EngineCopy, ModelIdentity, ProgramInstruments, ProgramSeams, TensorSource } from '../../in-program.js';
import type { Environment } from '../../../model/recording.js';
import { compiledGraphs } from '../graph/known-graphs.js';
import { describeEnvironment } from '../load/environment.js';
import type { TensorFlow } from '../load/tensorflow.js';
import { Instrumentation } from '../seams/instrumentation.js';
import { versionsOf } from '../seams/load-hook.js';
import type { TfPart } from '../seams/seams.js';
import type { SessionInside } from '../seams/session-runs.js';
import { identifyModel } from './identify-model.js';
import { stateOf } from './states.js';
import { tensorSource } from './tensors.js';

/** All modules of tfjs that share one engine: commonly all of a process, but for the sandboxes of test runners. */
export class TensorFlowCopy implements EngineCopy {
  readonly name = 'TensorFlow';
  readonly identity: object;
  readonly tensors: TensorSource;
  readonly #parts: TfPart[];
  readonly #instruments = new Set<Instrumentation>();

  constructor(
    first: TfPart,
    /** Modules of every copy of the process: each knows its own version. */
    private readonly all: readonly TfPart[],
    private readonly session: () => SessionInside | undefined,
  ) {
    this.identity = first.tf.engine();
    this.tensors = tensorSource(first.tf);
    this.#parts = [first];
  }

  add(part: TfPart): void {
    if (this.#parts.some(({ tf, inner }) => tf === part.tf && inner === part.inner)) return;
    this.#parts.push(part);
    for (const instrumentation of this.#instruments) instrumentation.add(part);
  }

  instrument({ inside, ...seams }: ProgramSeams): ProgramInstruments {
    const [first, ...more] = this.#parts as [TfPart, ...TfPart[]];
    const session = inside === 'sampled' ? this.session() : undefined;
    const instrumentation = new Instrumentation({
      ...seams,
      tf: first.tf,
      inner: first.inner,
      graphs: compiledGraphs,
      ...(session === undefined ? {} : { session }),
    });
    for (const part of more) instrumentation.add(part);
    this.#instruments.add(instrumentation);
    return {
      enable: () => instrumentation.enable(),
      disable: () => {
        this.#instruments.delete(instrumentation);
        instrumentation.disable();
      },
    };
  }

  environment(): Environment {
    const version = versionsOf(...this.all.map(({ tf }) => tf as unknown as Record<string, unknown>));
    return describeEnvironment({ ...this.all[0]?.tf, version } as unknown as TensorFlow);
  }

  identify({ model, runtime }: Pick<CallSite, 'model' | 'runtime'>): ModelIdentity {
    return identifyModel(model, runtime);
  }

  sourceOf(model: object): object {
    return compiledGraphs.factsOf(model)?.source ?? model;
  }

  /** Keras models have a name; of the others only what kind they are is known. */
  nameOf(model: object): string | undefined {
    const name: unknown = Reflect.get(model, 'name');
    return typeof name === 'string' && name !== '' ? name : undefined;
  }

  stateOf(site: CallSite): string {
    return stateOf(site);
  }

  /** It starts thread pools and contexts, 10 to 50 ms. */
  firstOperation(): void {
    const tf = this.#parts[0]?.tf as unknown as TensorFlow;
    tf.tidy(() => tf.add(tf.scalar(1), tf.scalar(1)).dataSync());
  }
}
