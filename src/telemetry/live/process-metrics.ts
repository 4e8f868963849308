import { getHeapSpaceStatistics } from 'node:v8';
import type { Meter, ObservableCounter, ObservableResult, ObservableUpDownCounter } from '@opentelemetry/api';
import { ATTRIBUTE, METRIC } from '../../model/attributes.js';
import { THREAD_GROUPS, type CpuTimes } from '../../model/cpu.js';
import { CpuWatch } from '../../record/cpu-watch.js';
import { ThreadTimes } from '../../record/thread-times.js';

/** What the whole process takes, under OpenTelemetry's own names; looked at when metrics are collected, and only then. */
export class ProcessMetrics {
  readonly #cpuTime: ObservableCounter;
  readonly #throttled: ObservableCounter;
  readonly #memory: ObservableUpDownCounter;
  readonly #heap: ObservableUpDownCounter;
  #cpu: CpuWatch | undefined;
  /** Seconds so far, by thread group; of the process as a whole where threads are not told apart. */
  readonly #taken = new Map<string | undefined, { user: number; system: number }>();
  #throttledSeconds: number | undefined;

  constructor(meter: Meter) {
    // Before an engine is loaded: its threads are those that come later.
    ThreadTimes.open();
    this.#cpuTime = meter.createObservableCounter(METRIC.cpuTime, { unit: 's', description: 'Processor time of the process' });
    this.#throttled = meter.createObservableCounter(METRIC.cpuThrottled, {
      unit: 's',
      description: 'Time in which a container’s limit held the process back',
    });
    this.#memory = meter.createObservableUpDownCounter(METRIC.memoryUsage, { unit: 'By', description: 'Resident memory of the process' });
    this.#heap = meter.createObservableUpDownCounter(METRIC.heapUsed, { unit: 'By', description: 'What is in use of V8’s heap' });
  }

  start(engine: 'loaded' | 'not loaded'): void {
    if (this.#cpu !== undefined) return;
    this.#cpu = new CpuWatch(Infinity, engine);
    this.#cpu.begin();
    this.#cpuTime.addCallback(this.#observeCpu);
    this.#throttled.addCallback(this.#observeThrottled);
    this.#memory.addCallback(observeMemory);
    this.#heap.addCallback(observeHeap);
  }

  stop(): void {
    this.#cpu = undefined;
    this.#cpuTime.removeCallback(this.#observeCpu);
    this.#throttled.removeCallback(this.#observeThrottled);
    this.#memory.removeCallback(observeMemory);
    this.#heap.removeCallback(observeHeap);
  }

  #add(group: string | undefined, { nanos, systemNanos }: CpuTimes): void {
    const sum = this.#taken.get(group) ?? { user: 0, system: 0 };
    this.#taken.set(group, sum);
    const system = Math.min(nanos, systemNanos);
    sum.user += (nanos - system) / 1e9;
    sum.system += system / 1e9;
  }

  readonly #observeCpu = (result: ObservableResult): void => {
    const use = this.#cpu?.end(1);
    this.#cpu?.begin();
    if (use === undefined) return;
    const { threads, limit } = use;
    if (threads === undefined) this.#add(undefined, use.process);
    else for (const group of THREAD_GROUPS) this.#add(group, threads[group]);
    if (limit !== undefined) this.#throttledSeconds = (this.#throttledSeconds ?? 0) + limit.throttledNanos / 1e9;
    for (const [group, sum] of this.#taken)
      for (const mode of ['user', 'system'] as const)
        result.observe(sum[mode], { [ATTRIBUTE.cpuMode]: mode, ...(group === undefined ? {} : { [ATTRIBUTE.threadGroup]: group }) });
  };

  /** Collected after the time that was looked at for the other metric. */
  readonly #observeThrottled = (result: ObservableResult): void => {
    if (this.#throttledSeconds !== undefined) result.observe(this.#throttledSeconds);
  };
}

const observeMemory = (result: ObservableResult): void => {
  result.observe(process.memoryUsage.rss());
};

const observeHeap = (result: ObservableResult): void => {
  for (const { space_name: space, space_used_size: bytes } of getHeapSpaceStatistics())
    result.observe(bytes, { [ATTRIBUTE.heapSpace]: space });
};
