import type { EngineCopy, LoadingWatcher, ProgramEngine, ProgramWatch } from '../../in-program.js';
import { messageOf } from '../../../model/errors.js';
import { shownFile } from '../../package-of.js';
import { once } from '../../../model/once.js';
import { ONNX_RUNTIME } from '../../../model/variant.js';
import type { NativeSessionClass, OnnxBinding, OnnxLibrary } from '../seams/library.js';
import type { NativeInside } from '../seams/native-inside.js';
import { openOnnxInside } from '../session/inside.js';
import { OnnxCopy } from './copy.js';
import { VARIANTS } from './variants.js';
import { watchOnnxRuntime } from './watch.js';

/** ONNX Runtime in a program that is not ours, with transformers.js where the program uses that. */
export const ONNX_IN_PROGRAM: ProgramEngine = {
  name: ONNX_RUNTIME,
  // Its loading is seen where the native library is loaded, whoever does it.
  packages: [],
  variants: VARIANTS,
  watch: (watcher) => new OnnxWatch(watcher),
};

class OnnxWatch implements ProgramWatch {
  readonly #copies = new Map<OnnxBinding, OnnxCopy>();
  constructor(private readonly watcher: LoadingWatcher) {
    watchOnnxRuntime({
      before: () => undefined,
      loaded: (library, file) => void this.#loaded(library, file),
      failed: (file, thrown) => watcher.unseen({ file, sentence: failedSentence(file, thrown) }),
      web: (file) => watcher.unseen({ file, sentence: webSentence(file) }),
    });
  }

  attach(library: object): EngineCopy | undefined {
    if (!('InferenceSession' in library)) return undefined;
    // The class of programs: its binding has been seen as it was loaded.
    const known = [...this.#copies.values()].find((copy) => copy.has(library.InferenceSession));
    return known;
  }

  #loaded(library: OnnxLibrary, file: string): OnnxCopy {
    const known = this.#copies.get(library.binding);
    if (known !== undefined) {
      known.add(library, file);
      return known;
    }
    const tell = (file: string, sentence: string): void => this.watcher.unseen({ file, sentence });
    // Before anything wraps it.
    const nativeSession = library.binding.InferenceSession;
    const copy = new OnnxCopy(library, file, {
      inside: once(() => insideOf(nativeSession, (sentence) => this.watcher.partly({ file, sentence }))),
      tell,
    });
    this.#copies.set(library.binding, copy);
    this.watcher.loaded(copy);
    return copy;
  }
}

/** No process is started beside somebody's program: what fused kernels hold is not asked for. */
function insideOf(nativeSession: NativeSessionClass, tell: (sentence: string) => void): NativeInside | undefined {
  const looked = openOnnxInside({ nativeSession, tell, firstTraces: 1 });
  if (looked.status === 'ready') return looked.inside;
  tell(`Kernels inside runs of ONNX Runtime are not shown: ${looked.reason}.`);
  return undefined;
}

const failedSentence = (file: string, thrown: unknown): string =>
  `Calls of the ONNX Runtime in ${shownFile(file)} are not recorded, because it could not be instrumented (${messageOf(thrown)}): run with --verbose, and report it.`;

const webSentence = (file: string): string =>
  `Calls of ONNX Runtime Web in ${shownFile(file)} are not recorded: it runs in WebAssembly, where Inferscope has no access; onnxruntime-node runs the same models natively.`;
