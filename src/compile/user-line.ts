/** Frames that are not the user's: packages, Node's own files and this stage. */
const OURS = /node_modules|node:internal|[\\/](?:src|dist)[\\/]compile[\\/]/;

/** `file:line:column` of the innermost frame of the user's code on the current stack. */
export function userLine(): string {
  const limit = Error.stackTraceLimit;
  Error.stackTraceLimit = 200;
  const stack = new Error().stack ?? '';
  Error.stackTraceLimit = limit;
  const frame = stack.split('\n').slice(1).find((line) => !OURS.test(line) && line.includes(':'));
  return frame === undefined ? 'called from a package' : frame.trim().replace(/^at (?:.*\()?(?:file:\/\/)?/, '').replace(/\)$/, '');
}
