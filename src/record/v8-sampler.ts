import type { Profiler, Session } from 'node:inspector';
import { createRequire } from 'node:module';
import { once } from '../model/once.js';
import type { V8Profile } from './v8-profile.js';

/** Loaded when something is sampled: a Node.js can be built without it, and programs that are not sampled need none. */
const inspector = once(() => createRequire(import.meta.url)('node:inspector') as typeof import('node:inspector'));

/** A profile with what puts it on the clock of `performance.now()`. */
export interface SampledProfile {
  readonly profile: V8Profile;
  /** V8's microseconds minus this are microseconds of `performance.now()`. */
  readonly offsetMicros: number;
}

/**
 * Samples V8 in this thread while `body` runs. The inspector of the own thread answers before `post` returns, so
 * nothing runs between its commands and ours.
 */
export async function sampleV8(intervalMicros: number, body: () => Promise<void>): Promise<SampledProfile> {
  const inspected = openProfiler(intervalMicros);
  try {
    inspected.post('Profiler.start');
    const offsetMicros = clockOffsetMicros();
    try {
      await body();
    } catch (thrown) {
      stopped(inspected);
      throw thrown;
    }
    return { profile: stopped(inspected), offsetMicros };
  } finally {
    inspected.disconnect();
  }
}

/**
 * Samples V8 in this thread for as long as the program runs, and hands over what there is whenever it is asked.
 *
 * `Profiler.start` walks the whole heap for the code that is in it: 40 to 200 ms were measured here for a program of 30 MB, at
 * every start. So the next profile is begun before the last one ends (0.1 ms), for which the inspector has no command but
 * `console.profile`. That reaches every session that profiles, so it is left alone where there is another one.
 */
export class ContinuousSampler {
  readonly #session: Session;
  readonly #offsetMicros: number;
  #turn = 0;
  #open: 'by console' | 'by session' = 'by session';
  #finished: V8Profile | undefined;

  constructor(intervalMicros: number) {
    watchSessions();
    this.#session = openProfiler(intervalMicros);
    this.#session.on('Profiler.consoleProfileFinished', ({ params }: { params: Profiler.ConsoleProfileFinishedEventDataType }) => {
      if (params.title?.startsWith(TITLE) === true) this.#finished = params.profile;
    });
    this.#offsetMicros = clockOffsetMicros();
    this.#begin();
  }

  /** Ends the profile that is open and begins another one. @throws Error when V8 gives none */
  next(): SampledProfile {
    if (this.#open === 'by console' && isAlone()) return this.#end(() => this.#begin());
    const last = this.#end();
    this.#begin();
    return last;
  }

  /** Ends the last one. @throws Error when V8 gives none */
  stop(): SampledProfile {
    try {
      return this.#end();
    } finally {
      ours.delete(this.#session);
      this.#session.disconnect();
    }
  }

  #begin(): void {
    this.#open = isAlone() ? 'by console' : 'by session';
    if (this.#open === 'by console') inspector().console.profile(`${TITLE}-${++this.#turn}`);
    else this.#session.post('Profiler.start');
  }

  #end(before: () => void = () => undefined): SampledProfile {
    const [open, turn] = [this.#open, this.#turn];
    before();
    this.#finished = undefined;
    if (open === 'by console') inspector().console.profileEnd(`${TITLE}-${turn}`);
    else this.#finished = stopped(this.#session);
    // The event comes before `profileEnd` returns.
    const profile = this.#finished;
    if (profile === undefined) throw new Error('V8 gave no profile');
    return { profile, offsetMicros: this.#offsetMicros };
  }
}

const TITLE = 'inferscope';

/** Sessions of ours, by this build. */
const ours = new Set<object>();
let othersProfile = false;
let watched = false;

/** Notes sessions of the program that profile, from the first sampler on. */
function watchSessions(): void {
  if (watched) return;
  watched = true;
  const { prototype } = inspector().Session;
  const original = prototype.post as (this: Session, ...args: unknown[]) => void;
  prototype.post = function (this: Session, ...args: unknown[]) {
    if (args[0] === 'Profiler.enable' && !ours.has(this)) othersProfile = true;
    original.apply(this, args);
  };
}

/** Node.js's own profiler and coverage write on standard error what `console.profile` sends them. */
const OWN_PROFILERS = /--(?:cpu-prof|experimental-test-coverage)\b/;

/** No debugger, no profiler of Node.js and no session of the program that `console.profile` would reach. */
const isAlone = (): boolean =>
  !othersProfile &&
  inspector().url() === undefined &&
  process.env['NODE_V8_COVERAGE'] === undefined &&
  ![...process.execArgv, process.env['NODE_OPTIONS'] ?? ''].some((option) => OWN_PROFILERS.test(option));

function openProfiler(intervalMicros: number): Session {
  const session = new (inspector().Session)();
  session.connect();
  ours.add(session);
  session.post('Profiler.enable');
  session.post('Profiler.setSamplingInterval', { interval: intervalMicros });
  return session;
}

/** @throws Error when V8 gives no profile */
function stopped(session: Session): V8Profile {
  let profile: V8Profile | undefined;
  session.post('Profiler.stop', (error, answer) => {
    if (error === null) profile = answer.profile;
  });
  if (profile === undefined) throw new Error('V8 gave no profile');
  return profile;
}

const TRIES = 50;

/**
 * V8 stamps samples with the system's monotonic clock, `performance.now()` is the same clock from another zero: the
 * difference is read from `process.hrtime`, which has the zero of the former. From the reading that was interrupted least:
 * each lies between two of the other.
 */
function clockOffsetMicros(): number {
  let best = { width: Infinity, offset: 0 };
  for (let i = 0; i < TRIES; i++) {
    const before = performance.now();
    const monotonic = Number(process.hrtime.bigint()) / 1000;
    const after = performance.now();
    if (after - before < best.width) best = { width: after - before, offset: monotonic - ((before + after) / 2) * 1000 };
  }
  return best.offset;
}
