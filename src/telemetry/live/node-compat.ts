/**
 * `import 'inferscope/node-compat'` (or `--import`, `require`, `--require`): nothing but what `@tensorflow/tfjs-node`
 * needs on Node.js 22 and later, for a program that wants none of the rest. Best before tfjs-node is loaded; on
 * Node.js 23 and later any time before its first operation is soon enough.
 */
import { broughtByProgram } from '../../engines/tensorflow/load/node-compat.js';

/** Names of the functions that this Node.js lacks and that were put back, such as `util.isNullOrUndefined`. */
export const restored: readonly string[] = broughtByProgram();
