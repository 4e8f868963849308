/** Frames that are not the user's: packages, Node's own files, this engine and what calls it. */
const OURS = /node_modules|node:internal|[\\/](?:src|dist)[\\/](?:engines[\\/]tensorflow|measure|cli)[\\/]/;

/** `file:line:column` of the innermost frame of the user's code on the current stack. */
export function userLine(): string {
  const limit = Error.stackTraceLimit;
  Error.stackTraceLimit = 200;
  const stack = new Error().stack ?? '';
  Error.stackTraceLimit = limit;
  const frame = stack
    .split('\n')
    .slice(1)
    .find((line) => !OURS.test(line) && line.includes(':'));
  return frame === undefined ? 'called from a package' : placeOf(frame);
}

/** `file:line:column` of whoever called `callee`, null when that is a package or Node. */
export function callerLine(callee: (...values: never[]) => unknown): string | null {
  const holder: { stack?: string } = {};
  Error.captureStackTrace(holder, callee);
  const frame = holder.stack?.split('\n')[1];
  return frame === undefined || OURS.test(frame) ? null : placeOf(frame);
}

const placeOf = (frame: string): string =>
  frame
    .trim()
    .replace(/^at (?:.*\()?(?:file:\/\/)?/, '')
    .replace(/\)$/, '');
