/** What V8 says last when its heap is at its limit; the process ends, and no code of ours runs after that. */
export const V8_HAS_NO_MEMORY = /^FATAL ERROR: .*(?:heap out of memory|heap limit)/m;

/** The sentence for it. A limit among the arguments of `node` goes before the one in `NODE_OPTIONS`. */
export function heapIsFull(nodeArguments: readonly string[]): string {
  const limit = nodeArguments.find((argument) => /^--max[-_]old[-_]space[-_]size/.test(argument));
  const remedy = limit === undefined ? 'allow more with `NODE_OPTIONS=--max-old-space-size=4096`' : `leave \`${limit}\` out, or raise it`;
  return `The memory of Node.js is used up: ${remedy}.`;
}
