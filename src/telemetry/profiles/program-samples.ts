import { writeFileSync } from 'node:fs';
import path from 'node:path';
import { threadId } from 'node:worker_threads';
import { originEpochNanos } from '../../record/clock.js';
import type { V8Profile } from '../../record/v8-profile.js';
import { ThreadProfiler, type ProfileChunk } from './thread-profiler.js';
import { makeFolder } from '../../record/make-folder.js';

/** Finer than in a service: what a program does is looked at once. */
const INTERVAL_MICROS = 1000;
const CHUNK_MILLIS = 10_000;

/** Samples of one thread of a program that `inferscope run` records. */
export interface ProgramSamples {
  readonly pid: number;
  /** Of the clock of the thread. */
  readonly originEpochNanos: string;
  readonly profile: V8Profile;
  readonly offsetMicros: number;
  readonly intervalMicros: number;
  /** Of each sample, in the order of time, when the call began that had the thread (nanoseconds, as in its recording); null for none. */
  readonly calls: readonly (number | null)[];
}

/** Samples this thread to `folder/js/`: `.cpuprofile` files, which every V8 tool opens, with what else is known of their samples. */
export function sampleProgram(folder: string, tell: (sentence: string) => void): ThreadProfiler {
  let chunks = 0;
  return new ThreadProfiler({
    intervalMicros: INTERVAL_MICROS,
    chunkMillis: CHUNK_MILLIS,
    tell,
    onChunk: (chunk) => {
      const js = path.join(folder, 'js');
      makeFolder(js);
      writeFileSync(path.join(js, `${process.pid}-${threadId}-${++chunks}.cpuprofile`), JSON.stringify(fileOf(chunk)));
    },
  });
}

const fileOf = ({ profile, offsetMicros, intervalMicros, calls }: ProfileChunk): V8Profile & { readonly inferscope: object } => ({
  ...profile,
  inferscope: {
    pid: process.pid,
    originEpochNanos: originEpochNanos(),
    offsetMicros,
    intervalMicros,
    calls: calls.map((call) => (call === undefined ? null : Math.round(call.startMillis * 1e6))),
  },
});
