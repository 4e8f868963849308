import os from 'node:os';
import { quantileSorted } from 'simple-statistics';
import type { Conditions } from '../model/trust.js';
import { type CpuLimit, cpuLimit } from './cgroup.js';
import { textOf } from './system-file.js';

/** A look takes about this long; at most one in this many milliseconds is taken. */
const LOOK_EVERY_MILLIS = 200;

/**
 * Watches the machine while a run is measured: looks at clocks, memory and limits between rounds, never in a call.
 * What the system does not tell stays null.
 */
export class ConditionWatch {
  readonly #limit = cpuLimit();
  readonly #start = now(this.#limit);
  readonly #probes: number[] = [];
  readonly #mhz: number[] = [];
  readonly #available: number[] = [];
  readonly #references: number[] = [];
  #lookedAt = -Infinity;

  /** `reference`: a fixed piece of the engine's own work, timed at each look too; nanoseconds. */
  constructor(private readonly reference?: () => number) {}

  /** Takes a look when the last one is old enough. */
  look(): void {
    if (performance.now() - this.#lookedAt < LOOK_EVERY_MILLIS) return;
    this.#lookedAt = performance.now();
    this.#probes.push(probe());
    if (this.reference !== undefined) this.#references.push(this.reference());
    const speeds = os.cpus().map(({ speed }) => speed);
    this.#mhz.push(Math.max(0, ...speeds));
    this.#available.push(availableBytes());
  }

  /** What was seen from the construction until now. */
  conditions(): Conditions {
    this.#lookedAt = -Infinity;
    this.look();
    // What the first look ran was not compiled yet.
    for (const seen of [this.#probes, this.#references]) if (seen.length > 1) seen.shift();
    const end = now(this.#limit);
    const mhz = this.#mhz.filter((value) => value > 0);
    const gone = (from: number | null, to: number | null): number | null => (from === null || to === null ? null : to - from);
    return {
      samples: this.#probes.length,
      cpuCount: { start: this.#start.cpus, end: end.cpus },
      cpuMhz: mhz.length === 0 ? null : { low: Math.min(...mhz), high: Math.max(...mhz) },
      probeNanos: spreadOf(this.#probes),
      ...(this.#references.length === 0 ? {} : { referenceNanos: spreadOf(this.#references) }),
      load: this.#start.load === null || end.load === null ? null : { start: this.#start.load, end: end.load },
      throttledNanos: gone(this.#start.throttledNanos, end.throttledNanos),
      preemptions: end.preemptions - this.#start.preemptions,
      memory: {
        limitBytes: limitBytes(),
        lowestAvailableBytes: Math.min(...this.#available),
        majorFaults: end.majorFaults - this.#start.majorFaults,
        stalledNanos: gone(this.#start.stalledNanos, end.stalledNanos),
      },
    };
  }
}

/** 5th percentile, median and 95th percentile. */
function spreadOf(values: readonly number[]): Conditions['probeNanos'] {
  const sorted = [...values].sort((a, b) => a - b);
  return { low: quantileSorted(sorted, 0.05), median: quantileSorted(sorted, 0.5), high: quantileSorted(sorted, 0.95) };
}

function now(limit: CpuLimit | null) {
  const { involuntaryContextSwitches, majorPageFault } = process.resourceUsage();
  return {
    cpus: os.availableParallelism(),
    load: os.platform() === 'win32' ? null : (os.loadavg()[0] ?? null),
    throttledNanos: limit?.throttledNanos() ?? null,
    stalledNanos: microsIn('/proc/pressure/memory', /^some .*total=(\d+)$/m),
    preemptions: involuntaryContextSwitches,
    majorFaults: majorPageFault,
  };
}

/** Microseconds in a file of the system, as nanoseconds; null where there is no such file or figure. */
function microsIn(file: string, pattern: RegExp): number | null {
  const micros = pattern.exec(textOf(file) ?? '')?.[1];
  return micros === undefined ? null : Number(micros) * 1000;
}

/** A number in a file of the system; null for `max`, or without the file. */
function numberIn(file: string): number | null {
  const value = Number(textOf(file) ?? NaN);
  return Number.isFinite(value) ? value : null;
}

/** Memory of the machine, or of the container where that is less. */
const limitBytes = (): number => Math.min(os.totalmem(), numberIn('/sys/fs/cgroup/memory.max') ?? Infinity);

/** What could still be taken: free and reclaimable memory, within the container's limit. */
function availableBytes(): number {
  const kilobytes = /^MemAvailable:\s+(\d+) kB$/m.exec(textOf('/proc/meminfo') ?? '')?.[1];
  const ofMachine = kilobytes === undefined ? os.freemem() : Number(kilobytes) * 1024;
  const limit = numberIn('/sys/fs/cgroup/memory.max');
  const used = numberIn('/sys/fs/cgroup/memory.current');
  const reclaimable = /^inactive_file (\d+)$/m.exec(textOf('/sys/fs/cgroup/memory.stat') ?? '')?.[1];
  if (limit === null || used === null) return ofMachine;
  return Math.max(0, Math.min(ofMachine, limit - used + Number(reclaimable ?? 0)));
}

/** Steps of the probe: some tens of microseconds, long against the clock. */
const PROBE_STEPS = 20_000;

/**
 * Nanoseconds that a fixed loop of JavaScript takes: how fast the processor is. The best of three: an interruption of one does not
 * count.
 */
export function probe(): number {
  let best = Infinity;
  for (let turn = 0; turn < 3; turn += 1) {
    const start = performance.now();
    let value = 1;
    for (let step = 0; step < PROBE_STEPS; step += 1) value = Math.imul(value ^ step, 0x5bd1e995) | 1;
    // Used, so that the loop is not removed.
    if (value !== 0) best = Math.min(best, performance.now() - start);
  }
  return Math.round(best * 1e6);
}
