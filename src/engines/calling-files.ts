/**
 * The files of the functions that are running, the caller of this one first, as they are loaded (an ES module by its URL): past
 * source maps, which would name what they were built of.
 */
export function callingFiles(most: number): readonly string[] {
  const { prepareStackTrace, stackTraceLimit } = Error;
  Error.stackTraceLimit = most + 1;
  Error.prepareStackTrace = (_error, sites) => sites.map((site) => site.getFileName() ?? '');
  try {
    return (new Error().stack as unknown as readonly string[]).slice(1);
  } finally {
    Error.prepareStackTrace = prepareStackTrace;
    Error.stackTraceLimit = stackTraceLimit;
  }
}
