import { PerformanceObserver, constants, type PerformanceEntry } from 'node:perf_hooks';
import type { Recorder } from './recorder.js';

const TYPES = new Map<number, string>([
  [constants.NODE_PERFORMANCE_GC_MINOR, 'scavenge'],
  [constants.NODE_PERFORMANCE_GC_MAJOR, 'mark-sweep-compact'],
  [constants.NODE_PERFORMANCE_GC_INCREMENTAL, 'incremental'],
  [constants.NODE_PERFORMANCE_GC_WEAKCB, 'weak-callbacks'],
]);

/**
 * Puts garbage collection pauses into a recorder. Node hands them over when the event loop turns, so a driver lets
 * it turn now and then and calls `flush` at the end.
 */
export class GcObserver {
  readonly #observer: PerformanceObserver;

  constructor(private readonly recorder: Recorder) {
    this.#observer = new PerformanceObserver((list) => this.#take(list.getEntries()));
    this.#observer.observe({ entryTypes: ['gc'] });
  }

  flush(): void {
    this.#take(this.#observer.takeRecords());
  }

  close(): void {
    this.flush();
    this.#observer.disconnect();
  }

  #take(entries: readonly PerformanceEntry[]): void {
    for (const entry of entries) {
      const kind = (entry as unknown as { detail?: { kind?: number } }).detail?.kind ?? -1;
      this.recorder.addGcPause({
        startNanos: Math.round(entry.startTime * 1e6),
        durationNanos: Math.round(entry.duration * 1e6),
        type: TYPES.get(kind) ?? 'other',
      });
    }
  }
}
