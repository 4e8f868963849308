import type { ProcessMemory } from '../model/recording.js';
import { given } from '../model/given.js';
import { textOf } from './system-file.js';

/** Asking takes tens of microseconds (the system is asked too), and memory moves slowly: this often is 0.3 % of the time. */
const MIN_MILLIS = 20;

/** Share of the time that collections may take in a process that was given V8's own (`node --expose-gc`). */
const COLLECTION_SHARE = 0.5;

/**
 * Looks at the process's memory, for a place between calls; undefined when the last look was a moment ago. Where the process has V8's
 * `gc`, some looks are at what is left after collections.
 */
export function watchProcessMemory(collect = exposedCollector()): () => ProcessMemory | undefined {
  const collections = collect === undefined ? undefined : new Collections(collect);
  let last = -Infinity;
  return () => {
    const isCollected = collections?.isCollected() === true;
    const now = performance.now();
    if (!isCollected && now - last < MIN_MILLIS) return undefined;
    last = now;
    const { rss, heapUsed, external, heapTotal, arrayBuffers } = process.memoryUsage();
    return {
      rssBytes: rss,
      heapUsedBytes: heapUsed,
      externalBytes: external,
      heapTotalBytes: heapTotal,
      arrayBuffersBytes: arrayBuffers,
      ...given({ peakRssBytes: peakRssBytes(), collected: isCollected ? true : undefined }),
    };
  };
}

/** `--expose-gc` is a consent to collections: without it they are V8's own affair. */
function exposedCollector(): (() => void) | undefined {
  const { gc } = globalThis;
  return gc === undefined ? undefined : () => gc();
}

/**
 * Collects at the end of a call, and once more at the end of the next one: what native code hands to JavaScript (outputs of ONNX Runtime)
 * is given back by finalizers, which run when the event loop turns after a collection.
 */
class Collections {
  readonly #startMillis = performance.now();
  #spentMillis = 0;
  #made = 0;

  constructor(private readonly collect: () => void) {}

  /** Whether nothing but what is held is left now. */
  isCollected(): boolean {
    const begun = performance.now();
    if (this.#made === 0 && this.#spentMillis > COLLECTION_SHARE * (begun - this.#startMillis)) return false;
    this.collect();
    this.#spentMillis += performance.now() - begun;
    this.#made = (this.#made + 1) % 2;
    return this.#made === 0;
  }
}

/** The most that the process ever had resident, within calls as well; undefined where the system does not tell. */
function peakRssBytes(): number | undefined {
  if (process.platform !== 'linux') return undefined;
  // `getrusage` would do, but begins with what the process had that started this one.
  const kilobytes = /^VmHWM:\s*(\d+) kB$/m.exec(textOf('/proc/self/status') ?? '')?.[1];
  return kilobytes === undefined ? undefined : Number(kilobytes) * 1024;
}
