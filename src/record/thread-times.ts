import { readdirSync, readFileSync, readlinkSync } from 'node:fs';
import type { ThreadGroup } from '../model/cpu.js';
import { once } from '../model/once.js';
import { sharedNumbers } from './shared-numbers.js';

const TASKS = '/proc/self/task';
/** Of `utime` and `stime`: a hundredth of a second on every Linux. */
const TICK_NANOS = 1e7;
/** Names of engines' own threads; most have none, and that of the thread that made them. */
const ENGINES = /^(tf_|TF|Eigen|ort|onnx)/;

/** One thread, as far as it has run. */
export interface ThreadTime {
  readonly group: ThreadGroup;
  readonly nanos: number;
  readonly systemNanos: number;
  /** Time in which it could have run and had no processor. */
  readonly waitNanos: number;
}

/**
 * Processor time of the threads of this process, from the system's own accounting (`/proc/self/task`).
 *
 * Which threads are an engine's is told by what they are not: they came after this watch began, they are no thread of
 * JavaScript that is watched too, and they have no name but that of the thread that made them. So a watch begins before an
 * engine is loaded. Node.js names the threads of libuv from 22 on: those that an older one starts later are taken for the engine's.
 */
export class ThreadTimes {
  static #late = false;
  readonly #own = ownThread();
  readonly #groups = new Map<string, ThreadGroup>();
  /** Names that threads without one of their own may have. */
  readonly #inherited = new Set<string>();

  private constructor() {
    registerThread(this.#own);
    for (const thread of this.#list()) this.#groups.set(thread, thread === this.#own ? 'javascript' : 'other');
  }

  /** The watch of this thread of JavaScript, which begins with the first call; null where the system does not tell of single threads. */
  static open(): ThreadTimes | null {
    return ThreadTimes.#late ? null : ThreadTimes.#made();
  }

  /** An engine was loaded before the watch began: its threads cannot be told from others in this thread of JavaScript. */
  static tooLate(): void {
    ThreadTimes.#late = true;
  }

  static readonly #made = once((): ThreadTimes | null => {
    try {
      const times = new ThreadTimes();
      return times.look().size > 0 ? times : null;
    } catch {
      return null;
    }
  });

  /** All threads that live now, by number. */
  look(): ReadonlyMap<string, ThreadTime> {
    const found = new Map<string, ThreadTime>();
    for (const thread of this.#list()) {
      const time = this.#timeOf(thread);
      if (time !== null) found.set(thread, time);
    }
    return found;
  }

  #list(): readonly string[] {
    return readdirSync(TASKS);
  }

  /** Null for one that has just ended. */
  #timeOf(thread: string): ThreadTime | null {
    try {
      const [nanos = 0, waitNanos = 0] = readFileSync(`${TASKS}/${thread}/schedstat`, 'latin1').split(' ').map(Number);
      const fields = readFileSync(`${TASKS}/${thread}/stat`, 'latin1');
      // The name stands in brackets and may hold anything; the fields after it are numbered from 3.
      const end = fields.lastIndexOf(')');
      const system = fields.slice(end + 2).split(' ', 13)[12];
      return {
        group: this.#groupOf(thread, fields.slice(fields.indexOf('(') + 1, end)),
        nanos,
        systemNanos: Number(system) * TICK_NANOS,
        waitNanos,
      };
    } catch {
      return null;
    }
  }

  #groupOf(thread: string, name: string): ThreadGroup {
    if (thread === this.#own || thread === String(process.pid)) this.#inherited.add(name);
    const known = this.#groups.get(thread);
    if (known !== undefined) return known;
    const group = !isJavaScript(thread) && (ENGINES.test(name) || this.#inherited.has(name)) ? 'native' : 'other';
    this.#groups.set(thread, group);
    return group;
  }
}

/** Number of the thread that asks. @throws where there is no `/proc` */
const ownThread = (): string => /\/task\/(\d+)$/.exec(readlinkSync('/proc/thread-self'))?.[1] ?? '';

/** Threads of JavaScript that can be known at once. */
const MAX_THREADS = 1023;

/** Threads of one process know each other's numbers. */
export const threadNumbers = (): Int32Array => sharedNumbers('inferscope.threads', MAX_THREADS + 1);

function registerThread(thread: string): void {
  const numbers = threadNumbers();
  if (isJavaScript(thread)) return;
  const place = Atomics.add(numbers, 0, 1) % MAX_THREADS;
  Atomics.store(numbers, place + 1, Number(thread));
}

const isJavaScript = (thread: string): boolean => threadNumbers().includes(Number(thread), 1);
