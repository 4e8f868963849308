import { compiledGraphOf as compile } from './graph/compile-to-graph.js';
import type { CompileOptions, SessionLoader } from './graph/options.js';
import type { Compilable, TensorOf, Tf } from './graph/tfjs.js';
import type { SessionAddonStatus } from './session/addon.js';
import { loadAddon } from './session/addon.js';
import { withSessionConfig } from './session/with-config.js';
import type { CompiledGraph } from './graph/compiled-graph.js';

/**
 * Traces a layers model, a graph model or a function of tensors into TensorFlow graphs: `tf.function` for tfjs-node.
 *
 * The first call of each input signature (dtypes and shapes) runs operation by operation, is recorded, written as a graph
 * with the weights as constants, loaded, run and compared with what it should give; later calls are one session run, on
 * the calling thread where that is faster (see `threads`). A graph is traced again when a variable it holds has changed.
 * @param tf the caller's own `@tensorflow/tfjs-node`, with its native backend
 * @throws UserError when `tf` has no native backend or `model` is nothing that can be compiled
 */
export function compileToGraph<T extends Tf>(
  tf: T,
  model: Compilable<TensorOf<T>>,
  options: CompileOptions & { readonly addon?: SessionAddonStatus } = {},
): CompiledGraph<TensorOf<T>> {
  const { addon = loadAddon(), ...rest } = options;
  return compile(tf, model, addon.status === 'ready' ? { sessionLoader: loaderOf(addon), ...rest } : rest);
}

/** Only the native add-on reaches a session's configuration; without it TensorFlow's pool runs the graph. */
function loaderOf({ addon }: Extract<SessionAddonStatus, { status: 'ready' }>): SessionLoader {
  return (threads, load) => (threads === 'pool' ? load() : withSessionConfig(addon, { interOpThreads: 'caller' }, load));
}
