import path from 'node:path';
import { run } from './run.mjs';

/**
 * @typedef {object} Loaded
 * @property {true} loads
 * @property {string} tensorflow version of the library, as the library itself says
 * @property {string[]} libraries the files that were loaded: the binding and what it links to
 */
/** @typedef {Loaded | {loads: false, reason: string}} LoadResult */

const MARK = 'inferscope-load-check:';

/**
 * Loads, computes, and reads strings too: layouts of strings differ between TensorFlow versions. First what tfjs-node calls
 * and Node.js 23 took away, as src/engines/tensorflow/load/node-compat.ts does: a binding that works must not be taken for broken.
 */
const SCRIPT = `
const util = require('node:util');
util.isArray ??= Array.isArray;
util.isNullOrUndefined ??= (value) => value === null || value === undefined;
const tf = require(process.argv[1]);
const product = tf.matMul(tf.tensor2d([1, 2, 3, 4], [2, 2]), tf.tensor2d([5, 6, 7, 8], [2, 2]));
const numbers = [...product.dataSync()].join();
const words = tf.tensor1d(['short', 'a text too long to be kept in place']).reshape([2, 1]).dataSync().join();
if (numbers !== '19,22,43,50') throw new Error('a matrix product came out as ' + numbers);
if (words !== 'short,a text too long to be kept in place') throw new Error('strings came back as ' + words);
const libraries = process.report.getReport().sharedObjects.filter((file) => /tensorflow|tfjs_binding/.test(file.slice(file.lastIndexOf('/'))));
console.log('${MARK}' + JSON.stringify({ tensorflow: tf.backend().binding.TF_Version, libraries }));
`;

/**
 * Does the binding work? In a process of its own, because a broken one may end the process.
 * @param {import('./paths.mjs').Places} places @param {NodeJS.ProcessEnv} env
 * @returns {Promise<LoadResult>}
 */
export async function loadBinding(places, env) {
  const { code, output, timedOut } = await run(process.execPath, ['-e', SCRIPT, '--', places.tfjs], { cwd: places.root, env: { ...env, TF_CPP_MIN_LOG_LEVEL: '2' }, timeoutMs: 120_000 });
  const line = output.split('\n').find((text) => text.startsWith(MARK));
  if (code === 0 && line !== undefined) return { loads: true, ...JSON.parse(line.slice(MARK.length)) };
  return { loads: false, reason: timedOut ? 'it took more than two minutes' : reasonIn(output, code) };
}

/** @param {string} output @param {number | null} code */
function reasonIn(output, code) {
  const error = output.split('\n').find((text) => /Error: /.test(text)) ?? output.trim().split('\n').at(-1) ?? '';
  return error.trim().replaceAll(path.sep + 'node_modules' + path.sep, '…' + path.sep).slice(0, 300) || `the process ended with ${code ?? 'a signal'}`;
}
