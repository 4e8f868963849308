import type { EngineCopy, LoadingWatcher, ProgramEngine, ProgramWatch } from '../../in-program.js';
import { PROGRAM } from '../../../model/variant.js';
import { restoreForTfjsNode } from '../load/node-compat.js';
import { GRAPH_CALLS } from '../seams/graph-model.js';
import type { TfPart, WrappedTf } from '../seams/seams.js';
import type { SessionInside } from '../seams/session-runs.js';
import { TensorFlowCopy } from './copy.js';
import { insideSessions } from './inside-sessions.js';
import { unseenSentence, type UnseenTensorFlow } from './unseen.js';
import { watchTensorFlow } from './watch.js';

/** TensorFlow.js in a program that is not ours. */
export const TENSORFLOW_IN_PROGRAM: ProgramEngine = {
  name: 'tensorflow',
  packages: [{ name: '@tensorflow/tfjs-node', versions: ['>=4'] }],
  // Of models and of compiled graphs, each as a variant of its own.
  variants: [
    ...['predictOnBatch', 'apply', ...Object.keys(GRAPH_CALLS)].map((call) => ({ name: PROGRAM, call })),
    ...['graph', 'graph-xla'].flatMap((name) => Object.keys(GRAPH_CALLS).map((call) => ({ name, call }))),
  ],
  prepare: restoreForTfjsNode,
  watch: (watcher) => new TensorFlowWatch(watcher),
};

class TensorFlowWatch implements ProgramWatch {
  readonly #copies = new Map<object, TensorFlowCopy>();
  readonly #parts: TfPart[] = [];
  #session: SessionInside | undefined;

  constructor(private readonly watcher: LoadingWatcher) {
    const unseen = (copy: UnseenTensorFlow): void => watcher.unseen({ file: copy.file, sentence: unseenSentence(copy) });
    watchTensorFlow({
      before: () => {
        if (watcher.looksInside()) this.#session ??= insideSessions();
      },
      loaded: (part) => void this.#loaded(part),
      unseen,
    });
  }

  attach(library: object, inner: object = {}): EngineCopy | undefined {
    if (!('engine' in library)) return undefined;
    const known = this.#parts.find(({ tf }) => tf === library);
    return this.#loaded(known ?? { tf: library as WrappedTf, inner: inner });
  }

  #loaded(part: TfPart): TensorFlowCopy {
    if (!this.#parts.includes(part)) this.#parts.push(part);
    const identity = part.tf.engine();
    const known = this.#copies.get(identity);
    if (known !== undefined) {
      known.add(part);
      return known;
    }
    const copy = new TensorFlowCopy(part, this.#parts, () => this.#session);
    this.#copies.set(identity, copy);
    this.watcher.loaded(copy);
    return copy;
  }
}
