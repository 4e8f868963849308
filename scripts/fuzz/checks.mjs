/** What must hold of figures and of errors, whatever was in a file. */
import { UserError } from '../../dist/model/errors.js';
import { childrenOf, preOrder } from '../../dist/model/pre-order.js';

/** Everything in a tree is a finite number from 0. */
export function checkTree(tree) {
  for (const { name, count, totalNanos, selfNanos, perCall } of preOrder(tree, childrenOf).nodes) {
    const figures = [count, totalNanos, selfNanos, perCall.calls, perCall.meanTotalNanos, perCall.meanSelfNanos, perCall.standardErrorTotalNanos, perCall.standardErrorSelfNanos];
    if (typeof name !== 'string' || !figures.every((figure) => Number.isFinite(figure) && figure >= 0)) throw new Error(`a figure of “${String(name).slice(0, 40)}” cannot be: ${figures.join(' ')}`);
  }
}

/** No number anywhere in a value is NaN or infinite, and none is negative but where its key may be; `null` is an answer. */
export function checkNumbers(value, mayBeNegative = /^$/, at = '') {
  const waiting = [[value, at]];
  for (let next = waiting.pop(); next !== undefined; next = waiting.pop()) {
    const [one, where] = next;
    if (typeof one === 'number' && (!Number.isFinite(one) || (one < 0 && !mayBeNegative.test(where)))) throw new Error(`${where} is ${one}`);
    if (typeof one === 'object' && one !== null && !ArrayBuffer.isView(one)) for (const [key, inner] of Object.entries(one)) waiting.push([inner, `${where}.${key}`]);
  }
}

/** The text has no number that is none, unless such words came with the file. */
export function checkText(text, bytes) {
  const found = /\b(?:NaN|undefined)\b|Infinity|\[object Object\]/.exec(text);
  if (found !== null && !/NaN|undefined|Infinity|\[object Object\]/.test(bytes.toString('latin1'))) throw new Error(`the text has a figure that is none: ${text.slice(Math.max(0, found.index - 80), found.index + 40)}`);
}

/**
 * Runs a step that may refuse with one sentence, and with nothing else. `allowed`: other errors that are an answer here.
 *
 * @template T
 * @param {() => T} step
 * @param {(thrown: unknown) => boolean} [allowed]
 * @returns {T | undefined}
 */
export function orRefused(step, allowed = () => false) {
  try {
    return step();
  } catch (thrown) {
    if (allowed(thrown)) return undefined;
    if (!(thrown instanceof UserError)) throw thrown;
    if (/\n/.test(thrown.message) || thrown.message.length > 1000) throw new Error(`no single sentence: ${thrown.message.slice(0, 200)}`, { cause: thrown });
    return undefined;
  }
}
