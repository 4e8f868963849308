/**
 * What a user has to know whose program works only under Inferscope.
 *
 * @param node version of Node.js
 * @param restored functions that it lacks, at least one: `util.isNullOrUndefined`
 */
export const restoredSentence = (node: string, restored: readonly string[]): string =>
  `Node.js ${node} has no ${restored.join(' and no ')}, which tfjs-node calls: Inferscope put it back. ` +
  "Without Inferscope a program fails there: add `import 'inferscope/node-compat'` to it, or start it with `node --import inferscope/node-compat`.";
