import type { ProcessMemory } from '../model/recording.js';

/** Asking takes tens of microseconds (the system is asked too), and memory moves slowly: this often is 0.2 % of the time. */
const MIN_MILLIS = 20;

/** Looks at the process's memory, for a place between calls; undefined when the last look was a moment ago. */
export function watchProcessMemory(): () => ProcessMemory | undefined {
  let last = -Infinity;
  return () => {
    const now = performance.now();
    if (now - last < MIN_MILLIS) return undefined;
    last = now;
    const { rss, heapUsed, external, heapTotal, arrayBuffers } = process.memoryUsage();
    return { rssBytes: rss, heapUsedBytes: heapUsed, externalBytes: external, heapTotalBytes: heapTotal, arrayBuffersBytes: arrayBuffers };
  };
}
