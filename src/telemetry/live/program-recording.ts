import { setTimeout } from 'node:timers';
import type { CallSite } from '../../engines/call-site.js';
import type { EngineCopy } from '../../engines/in-program.js';
import { EXIT, UserError, messageOf } from '../../model/errors.js';
import { given } from '../../model/given.js';
import type { CallStart } from '../../model/recorder.js';
import type { CallRecord, RecordingMeta } from '../../model/recording.js';
import type { CallActivity } from '../../record/call-activity.js';
import { nowMillis } from '../../record/clock.js';
import { countCall, CpuWatch } from '../../record/cpu-watch.js';
import { GcObserver } from '../../record/gc-observer.js';
import { Recorder } from '../../record/recorder.js';
import { watchProcessMemory } from '../../record/process-memory.js';
import { SpanBound } from '../../record/span-bound.js';
import { RecordingWriter } from '../../record/writer.js';

/** Milliseconds after a call until it is on disk, in a program that lets its event loop turn: more where writing is slow. */
const MIN_FLUSH_MILLIS = 10;
const MAX_FLUSH_MILLIS = 200;

/** Share of the program's time that writing at the end of calls may take. */
const FLUSH_SHARE = 0.01;

/** Time for writing that may be saved up. */
const MAX_CREDIT_MILLIS = 10;

/**
 * The first calls are on disk when they end, so that a thread that makes some and is ended at once has all of them. On a busy machine
 * that takes longer than anything saved up; on a disk that hangs it must not take for ever.
 */
const FIRST_CALLS = 25;
const MAX_FIRST_MILLIS = 500;

/** Rows in memory, at most: from here on writing costs by the row, and less often is no cheaper. */
const MAX_ROWS = 8192;

/** Names and shapes, at most; beyond, calls are counted and not recorded: a program with endless shapes keeps its memory. */
const MAX_DETAILS = 500_000;

/** Share of the program's time in which processor times may be looked at, before and after a call. */
const CPU_SHARE = 0.002;

/**
 * Calls that overlap are looked at together: from a moment at which none ran to the next one, or, where there is none, over so many times
 * the calls that are still running. What these took before, or take after, cancels out.
 */
const CALLS_PER_RUNNING = 10;

/** What a call begins with, and what the file begins with. */
export interface ProgramCalls {
  readonly start: (copy: EngineCopy, site: CallSite) => CallStart;
  readonly meta: (copy: EngineCopy, site: CallSite, start: CallStart) => RecordingMeta;
  /** Bytes of the tensors that are alive, where an engine counts them. */
  readonly tensorBytes?: () => number | undefined;
  /** Before what is finished is written, and at the end: the moment to note what only the whole program tells. */
  readonly note?: (recorder: Recorder, at: 'now and then' | 'end') => void;
}

/**
 * Records the calls of someone else's program to a file.
 *
 * Writing waits neither for the event loop, which a program need never reach, nor for the end, which a killed program or
 * thread has none of: each call writes what is finished as long as writing takes no more than a hundredth of the time.
 *
 * Nothing in here may fail a call of the program. Whatever goes wrong (the disk, descriptors, memory, a defect of ours) ends
 * the recording with one sentence, and the calls that are missing from then on are counted.
 */
export class ProgramRecording {
  readonly recorder: Recorder;
  readonly #gc: GcObserver;
  readonly #cpu = new CpuWatch(CPU_SHARE, 'not loaded');
  readonly #memory = watchProcessMemory();
  /** Calls that are running. */
  #running = 0;
  /** Calls that ended since the processor times were looked at. */
  #ended = 0;
  #writer: RecordingWriter | undefined;
  #timer: NodeJS.Timeout | undefined;
  #creditMillis = MAX_CREDIT_MILLIS;
  #creditAtMillis = nowMillis();
  #delayMillis = MIN_FLUSH_MILLIS;
  #writingMillis = 0;
  #state: 'recording' | 'failed' | 'closed' = 'recording';
  #calls = 0;
  /** Of these, sessions that were created. */
  #creations = 0;

  constructor(
    private readonly file: string,
    private readonly program: ProgramCalls,
    private readonly tell: (sentence: string) => void,
    activity?: CallActivity,
    bound = new SpanBound(),
  ) {
    this.recorder = new Recorder({
      keepsSpans: () => bound.keeps(this.#writer?.spanBytes ?? 0),
      onCallEnd: (call) => this.#afterCall(call),
      onTrouble: (thrown) => this.#end(thrown),
      activity,
    });
    this.#gc = new GcObserver(this.recorder);
  }

  /** A call begins; undefined for one that is counted and not recorded. */
  begins(copy: EngineCopy, site: CallSite): CallStart | undefined {
    if (this.#state === 'closed') return undefined;
    this.#calls++;
    if (site.call === 'create') this.#creations++;
    if (this.#state === 'failed') return undefined;
    try {
      const start = this.program.start(copy, site);
      this.#writer ??= new RecordingWriter(this.file, this.program.meta(copy, site, start), 'new');
      this.#writer.resume();
      if (this.#running++ === 0) this.#beginStretch();
      return start;
    } catch (thrown) {
      this.#end(thrown);
      return undefined;
    }
  }

  /** Something of ours failed outside of a call. */
  failed(thrown: unknown): void {
    this.#end(thrown);
  }

  /** Writes what is finished, whatever it costs: the thread may never run again. */
  flush(): void {
    if (this.recorder.pendingRows > 0) this.#flush();
  }

  /** At the program's end: what is finished is written, and what is missing is told. */
  close(): void {
    if (this.#state === 'closed') return;
    try {
      this.#gc.close();
      if (this.#state === 'recording') this.program.note?.(this.recorder, 'end');
      if (this.#state === 'recording') this.#writer?.close(this.recorder, this.#running);
    } catch (thrown) {
      this.#end(thrown);
    }
    if (this.#state === 'failed') this.#closeFailed();
    this.#state = 'closed';
  }

  #closeFailed(): void {
    const missing = this.#calls - (this.#writer?.callsWritten ?? 0);
    this.#writer?.endShort(missing);
    const creations = this.#creations > 0 ? ` (creations of sessions counted with them: ${this.#creations})` : '';
    if (missing > 0) this.tell(`${missing} of ${this.#calls} calls${creations} are missing from the recording.`);
  }

  #afterCall(call: CallRecord): void {
    this.#running -= 1;
    if (this.#state !== 'recording') return;
    this.#noteCpu(call);
    const memory = this.#memory();
    if (memory !== undefined) Object.assign(call, { memory: { ...memory, ...given({ tensorBytes: this.program.tensorBytes?.() }) } });
    const now = nowMillis();
    this.#creditMillis = Math.min(MAX_CREDIT_MILLIS, this.#creditMillis + (now - this.#creditAtMillis) * FLUSH_SHARE);
    this.#creditAtMillis = now;
    const isFirst = this.#calls <= FIRST_CALLS && this.#writingMillis < MAX_FIRST_MILLIS;
    if (isFirst || this.#creditMillis > 0 || this.recorder.pendingRows > MAX_ROWS) this.#flush();
    else this.#timer ??= setTimeout(() => this.#onTimer(), this.#delayMillis).unref();
  }

  #beginStretch(): void {
    this.#ended = 0;
    this.#cpu.begin();
  }

  #noteCpu(call: CallRecord): void {
    this.#ended += 1;
    countCall();
    if (call.temperature !== 'warm' || call.traced === true || call.error !== undefined) this.#cpu.cancel();
    if (this.#running > 0 && this.#ended < CALLS_PER_RUNNING * this.#running) return;
    const cpu = this.#cpu.end(this.#ended);
    if (cpu !== undefined) Object.assign(call, { cpu });
    if (this.#running > 0) this.#beginStretch();
  }

  #onTimer(): void {
    this.#timer = undefined;
    this.#flush();
  }

  #flush(): void {
    if (this.#state !== 'recording') return;
    try {
      const start = nowMillis();
      this.#gc.flush();
      this.program.note?.(this.recorder, 'now and then');
      this.#writer?.flush(this.recorder);
      // Pools and whoever else ends a process or thread commonly do it without an exit, when it rests.
      if (this.#running === 0) this.#writer?.rest();
      const took = nowMillis() - start;
      // The first one compiles its code and writes all names: it tells nothing of the others.
      if (this.#writingMillis > 0) this.#delayMillis = Math.min(MAX_FLUSH_MILLIS, Math.max(MIN_FLUSH_MILLIS, took / FLUSH_SHARE));
      this.#writingMillis += took;
      // A disk that hangs for a minute must not stop writing for a hundred.
      this.#creditMillis = Math.max(-MAX_CREDIT_MILLIS, this.#creditMillis - took);
      if (this.recorder.interner.details.length > MAX_DETAILS) {
        throw new UserError(`more than ${MAX_DETAILS} different shapes and names`, EXIT.io);
      }
    } catch (thrown) {
      this.#end(thrown);
    }
  }

  #end(thrown: unknown): void {
    if (this.#state !== 'recording') return;
    this.#state = 'failed';
    this.recorder.forget();
    this.tell(
      `recording stopped: ${messageOf(thrown).replace(/\.$/, '')}. The program continues; its calls are counted from now on, not recorded.`,
    );
  }
}
