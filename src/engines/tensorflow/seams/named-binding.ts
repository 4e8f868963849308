import { Patches } from '../../patches.js';
import type { WrappedBinding, WrappedTf } from './seams.js';

type Native = (binding: WrappedBinding, ...args: readonly unknown[]) => unknown;

/**
 * Gives native operations names in V8's stacks: `tf_op_MatMul`, `tf_upload`, `tf_fetch`, `tf_session_run`.
 *
 * The binding's own functions are nameless to V8, which puts most of a call's time into one nameless frame. V8 names a
 * function as its source does, so each operation gets a function of its own, written and compiled at its first use.
 * Undone by the function this returns. Without a native binding nothing is done.
 */
export function nameNativeOperations(tf: WrappedTf): () => void {
  const backend = tf.backend();
  const { binding } = backend;
  const patches = new Patches();
  if (binding === undefined) return () => undefined;
  const operations = new Map<string, Native>();
  const operationOf = (name: string): Native => {
    const operation = operations.get(name) ?? namedFunction(`tf_op_${name}`, 'executeOp');
    operations.set(name, operation);
    return operation;
  };
  const [upload, fetch, run] = [
    namedFunction('tf_upload', 'createTensor'),
    namedFunction('tf_fetch', 'tensorDataSync'),
    namedFunction('tf_session_run', 'runSavedModel'),
  ];
  const named: WrappedBinding = {
    executeOp: (name, attributes, inputIds, outputs) => operationOf(name)(binding, name, attributes, inputIds, outputs),
    createTensor: (shape, dtype, values) => upload(binding, shape, dtype, values) as number,
    tensorDataSync: (id) => fetch(binding, id),
    runSavedModel: (session, inputIds, inputs, outputs) => run(binding, session, inputIds, inputs, outputs),
  };
  const properties = Object.entries(named).map(
    ([name, value]) => [name, { value: value as unknown, configurable: true, writable: true, enumerable: true }] as const,
  );
  patches.replace(backend, 'binding', Object.create(binding, Object.fromEntries(properties)));
  return () => {
    patches.undo();
  };
}

/** Operation names come from a model file: nothing but letters, digits and underscores reaches the source. */
function namedFunction(name: string, method: keyof WrappedBinding): Native {
  // eslint-disable-next-line @typescript-eslint/no-implied-eval -- V8 takes a function's name from its source alone
  const make = new Function(`return function ${name.replace(/\W/g, '_')}(binding, a, b, c, d) { return binding.${method}(a, b, c, d); };`);
  return (make as () => Native)();
}
