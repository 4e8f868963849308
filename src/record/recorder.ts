import { AsyncLocalStorage } from 'node:async_hooks';
import { messageOf } from '../model/errors.js';
import type { CpuUse } from '../model/cpu.js';
import type { CallRecorder, CallStart } from '../model/recorder.js';
import type { CallRecord, GcPause, ProcessMemory } from '../model/recording.js';
import type { SpanColumns } from '../model/span.js';
import type { ActiveCall, CallActivity } from './call-activity.js';
import { CallContext } from './call-context.js';
import { Interner } from './interner.js';
import { RowBuffer } from './row-buffer.js';

/** Rows and calls that are finished and leave the recorder together. */
export interface Batch {
  readonly spans: SpanColumns;
  /** Row number of `spans` row 0 within the recording. */
  readonly firstRow: number;
  readonly calls: readonly CallRecord[];
  readonly gc: readonly GcPause[];
  readonly lostSpans: number;
}

export interface RecorderOptions {
  /** Most spans that one call may hold; more are counted as lost. Default 4,000,000. */
  readonly maxSpansPerCall?: number;
  /** Asked at the end of an ordinary call (warm, not traced, without an error) whether its spans are kept; default all are. */
  readonly keepsSpans?: () => boolean;
  /** Called after each call, outside of it, with what it recorded; for live export and for flushing. */
  readonly onCallEnd?: (call: CallRecord) => void;
  /** Told of what fails in recording, so that it never fails the call that is recorded; without it, it is thrown. */
  readonly onTrouble?: (thrown: unknown) => void;
  /** Told when the thread is whose call's, for samples of V8. */
  readonly activity?: CallActivity | undefined;
}

type Mutable<T> = { -readonly [K in keyof T]: T[K] };

interface AsyncCall {
  readonly context: CallContext;
  readonly serial: number;
}

const FIRST_CAPACITY = 256;

/**
 * The hot path: opens and closes spans in typed arrays, one context a call.
 *
 * A synchronous call keeps its context in a field; an asynchronous one in AsyncLocalStorage, which is looked at only
 * while such a call is under way.
 */
export class Recorder implements CallRecorder {
  readonly interner = new Interner();
  /** Rows of finished calls. */
  readonly #finished = new RowBuffer(16_384);
  #calls: CallRecord[] = [];
  #pauses: GcPause[] = [];
  #rowsDrained = 0;
  #callsFinished = 0;
  #lost = 0;
  #current: CallContext | undefined;
  #asyncCalls = 0;
  readonly #idle: CallContext[] = [];
  readonly #storage = new AsyncLocalStorage<AsyncCall>();
  /** Latency of the call that ended last, nanoseconds. */
  lastLatencyNanos = 0;
  readonly #limit: number;
  readonly #keepsSpans: () => boolean;
  readonly #onCallEnd: ((call: CallRecord) => void) | undefined;
  readonly #onTrouble: ((thrown: unknown) => void) | undefined;
  readonly #activity: CallActivity | undefined;

  constructor(options: RecorderOptions = {}) {
    this.#onTrouble = options.onTrouble;
    this.#activity = options.activity;
    this.#limit = options.maxSpansPerCall ?? 4_000_000;
    this.#keepsSpans = options.keepsSpans ?? (() => true);
    this.#onCallEnd = options.onCallEnd;
  }

  /** The context of the call that is running here, undefined outside of any call. */
  context(): CallContext | undefined {
    if (this.#current !== undefined) return this.#current;
    const store = this.#asyncCalls > 0 ? this.#storage.getStore() : undefined;
    // What a call left running is part of no call: its context may be another's by now.
    return store === undefined || store.context.serial !== store.serial || store.context.top < 0 ? undefined : store.context;
  }

  /** Runs `body` as one synchronous call; what it returns or throws passes through. */
  callSync<T>(start: CallStart, name: number, kind: number, stage: number, body: (context: CallContext) => T): T {
    const context = this.#begin(start);
    const before = this.#current;
    this.#current = context;
    const root = context.open(name, kind, stage);
    try {
      const result = body(context);
      context.close(root);
      this.#current = before;
      this.#finish(context, start, 'sync');
      return result;
    } catch (thrown) {
      context.close(root);
      this.#current = before;
      this.#finish(context, start, 'sync', thrown);
      throw thrown;
    }
  }

  /** Runs `body` as one asynchronous call, ended when its promise settles. */
  callAsync<T>(start: CallStart, name: number, kind: number, stage: number, body: (context: CallContext) => Promise<T>): Promise<T> {
    const context = this.#begin(start);
    const before = this.#current;
    this.#current = undefined;
    this.#asyncCalls++;
    const root = context.open(name, kind, stage);
    const active = this.#activity === undefined ? undefined : { start, startMillis: context.startMillis(root) };
    const end = (thrown?: unknown): void => {
      context.close(root);
      // Where it watches promises by hooks (before Node.js 24), each promise of the program pays for it.
      if (--this.#asyncCalls === 0) this.#storage.disable();
      if (active !== undefined) this.#activity?.ended(active);
      this.#finish(context, start, 'async', thrown);
    };
    try {
      return this.#begun(active, () => this.#storage.run({ context, serial: context.serial }, () => body(context))).then(
        (result) => {
          end();
          return result;
        },
        (thrown: unknown) => {
          end(thrown);
          throw thrown;
        },
      );
    } catch (thrown) {
      end(thrown);
      throw thrown;
    } finally {
      this.#current = before;
    }
  }

  /** Begins an asynchronous call within which no other can begin, and whose scope is found without `context`. */
  beginLeaf(start: CallStart, name: number, kind: number, stage: number): CallContext {
    const context = this.#begin(start);
    context.open(name, kind, stage);
    return context;
  }

  endLeaf(context: CallContext, start: CallStart, endMillis: number, thrown?: unknown): void {
    context.close(0, endMillis);
    this.#finish(context, start, 'async', thrown);
  }

  /** Records a call of which only the latency is known. Times in milliseconds of our clock. */
  latencyOnly(start: CallStart, startMillis: number, endMillis: number): void {
    this.#callsFinished++;
    const startNanos = Math.round(startMillis * 1e6);
    this.#push(callRecord(start, -1, startNanos, Math.round((endMillis - startMillis) * 1e6)));
  }

  /** Adds to the call that ended last what is known only after it: tensors and bytes that it left behind, the process's memory. */
  noteHeld(tensors: number, tensorBytes: number, memory?: ProcessMemory): void {
    const last = this.#calls.at(-1);
    if (last !== undefined) Object.assign(last, { tensors, tensorBytes, ...(memory === undefined ? {} : { memory }) });
  }

  /** Adds to the call that ended last what the stretch of calls that it ends took of the processors. */
  noteCpu(cpu: CpuUse): void {
    const last = this.#calls.at(-1);
    if (last !== undefined) Object.assign(last, { cpu });
  }

  addGcPause(pause: GcPause): void {
    this.#pauses.push(pause);
  }

  /** Finished rows that wait to be drained. */
  get pendingRows(): number {
    return this.#finished.length;
  }

  /** Takes everything that is finished. */
  drain(): Batch {
    const batch: Batch = {
      spans: this.#finished.toColumns(),
      firstRow: this.#rowsDrained,
      calls: this.#calls,
      gc: this.#pauses,
      lostSpans: this.#lost,
    };
    this.#rowsDrained += this.#finished.length;
    this.#finished.length = 0;
    this.#calls = [];
    this.#pauses = [];
    this.#lost = 0;
    return batch;
  }

  /** Something of ours failed within a call. @throws it, where nobody is told */
  trouble(thrown: unknown): void {
    if (this.#onTrouble === undefined) throw thrown;
    this.#onTrouble(thrown);
  }

  /** Drops what is finished and not drained. */
  forget(): void {
    this.#finished.length = 0;
    this.#calls = [];
    this.#pauses = [];
  }

  #begun<T>(call: ActiveCall | undefined, body: () => T): T {
    return call === undefined || this.#activity === undefined ? body() : this.#activity.during(call, body);
  }

  #begin(start: CallStart): CallContext {
    const context = this.#idle.pop() ?? new CallContext(FIRST_CAPACITY, this.#limit);
    context.reset(start.variant);
    return context;
  }

  #finish(context: CallContext, start: CallStart, body: 'sync' | 'async', thrown?: unknown): void {
    try {
      this.#keep(context, start, body, thrown);
    } catch (failed) {
      this.trouble(failed);
    }
    if (this.#idle.length < 64) this.#idle.push(context);
  }

  #keep(context: CallContext, start: CallStart, body: 'sync' | 'async', thrown: unknown): void {
    const { rows } = context;
    const number = this.#callsFinished++;
    const isCold = context.builtGraph || (context.compilesShapes && start.newSignature === true);
    const isOrdinary = start.temperature === 'warm' && !isCold && !context.traced && thrown === undefined;
    const rootSpan = !isOrdinary || this.#keepsSpans() ? this.#finished.append(rows, number, this.#rowsDrained) : -1;
    const [startMillis, endMillis] = [rows.startMillis[0] as number, rows.endMillis[0] as number];
    const startNanos = Math.round(startMillis * 1e6);
    this.#lost += context.lost;
    if (body === 'sync') this.#activity?.ran({ start, startMillis }, endMillis);
    const call = callRecord(start, rootSpan, startNanos, Math.round(endMillis * 1e6) - startNanos);
    if (body === 'async') call.async = true;
    if (context.traced) call.traced = true;
    if (isCold && call.temperature === 'warm') call.temperature = 'cold-signature';
    if (thrown !== undefined) call.error = messageOf(thrown);
    this.#push(call);
  }

  #push(call: CallRecord): void {
    this.lastLatencyNanos = call.latencyNanos;
    this.#calls.push(call);
    this.#onCallEnd?.(call);
  }
}

/**
 * Field by field: spreading `start` and adding properties to the copy takes V8 five microseconds here, as much as all
 * rows of a small call.
 */
function callRecord(start: CallStart, rootSpan: number, startNanos: number, latencyNanos: number): Mutable<CallRecord> {
  const { variant, temperature, round, signature, batch } = start;
  const call: Mutable<CallRecord> = { variant, rootSpan, startNanos, latencyNanos, temperature, round, signature, batch };
  if (start.async !== undefined) call.async = start.async;
  if (start.traceId !== undefined) call.traceId = start.traceId;
  if (start.parentSpanId !== undefined) call.parentSpanId = start.parentSpanId;
  if (start.model !== undefined) call.model = start.model;
  if (start.tensors !== undefined) call.tensors = start.tensors;
  if (start.tensorBytes !== undefined) call.tensorBytes = start.tensorBytes;
  return call;
}
