import { appendFileSync, closeSync, ftruncateSync, openSync, writeSync } from 'node:fs';
import path from 'node:path';
import { EXIT, UserError, messageOf } from '../model/errors.js';
import { RECORDING_VERSION, type Recording, type RecordingMeta } from '../model/recording.js';
import type { Parity } from '../model/parity.js';
import type { RunFacts } from '../model/run-facts.js';
import type { Trial } from '../model/trial.js';
import type { Conditions } from '../model/trust.js';
import type { MachinePeak } from '../model/roofline.js';
import type { SpanColumns } from '../model/span.js';
import { CHUNK, COLUMNS, SPAN_BYTES, encodeChunk, encodeHeader, encodeJson } from './format.js';
import type { Batch, Recorder } from './recorder.js';
import { makeFolder } from './make-folder.js';

/**
 * Appends a recorder's finished calls to a file as they come, so that a killed process loses only what it had not
 * flushed. Writes are synchronous and happen between calls, never inside one.
 */
export class RecordingWriter {
  readonly #descriptor: number;
  #stringsWritten = 0;
  #detailsWritten = 0;
  #spans = 0;
  #calls = 0;
  #lost = 0;
  #bytes = 0;
  #open = true;
  /** The file ends with an end that holds until more is written. */
  #atRest = false;
  readonly file: string;

  /**
   * `new`: never in the place of a file that is there; the name gets a number then.
   * @throws UserError when the file cannot be written.
   */
  constructor(file: string, meta: RecordingMeta, mode: 'new' | 'replace' = 'replace') {
    try {
      makeFolder(path.dirname(file));
      [this.file, this.#descriptor] = openFor(file, mode);
    } catch (thrown) {
      throw cannotWrite(file, thrown);
    }
    try {
      this.#write(Buffer.concat([encodeHeader(RECORDING_VERSION), encodeJson(CHUNK.meta, meta)]));
    } catch (thrown) {
      this.abandon();
      throw thrown;
    }
  }

  /** Calls that are in the file. */
  get callsWritten(): number {
    return this.#calls;
  }

  /** What the spans in the file take. */
  get spanBytes(): number {
    return this.#spans * SPAN_BYTES;
  }

  /** Writes what the recorder has finished since the last time. */
  flush(recorder: Recorder): void {
    this.append(recorder.drain(), recorder.interner.strings, recorder.interner.details);
  }

  /** Writes one batch; `strings` and `details` are the whole tables, of which only the new part is written. */
  append(batch: Batch, strings: readonly string[], details: readonly object[]): void {
    const chunks: Buffer[] = [];
    if (strings.length > this.#stringsWritten) {
      chunks.push(encodeJson(CHUNK.strings, { first: this.#stringsWritten, values: strings.slice(this.#stringsWritten) }));
      this.#stringsWritten = strings.length;
    }
    if (details.length > this.#detailsWritten) {
      chunks.push(encodeJson(CHUNK.details, { first: this.#detailsWritten, values: details.slice(this.#detailsWritten) }));
      this.#detailsWritten = details.length;
    }
    if (batch.spans.length > 0) chunks.push(encodeChunk(CHUNK.spans, encodeSpans(batch.spans, batch.firstRow)));
    if (batch.calls.length > 0) chunks.push(encodeJson(CHUNK.calls, batch.calls));
    if (batch.gc.length > 0) chunks.push(encodeJson(CHUNK.gc, batch.gc));
    if (chunks.length > 0) this.#write(Buffer.concat(chunks));
    this.#spans += batch.spans.length;
    this.#calls += batch.calls.length;
    this.#lost += batch.lostSpans;
  }

  /** How the machine behaved; the last one written counts. */
  conditions(value: Conditions): void {
    if (this.#open) this.#write(encodeJson(CHUNK.conditions, value));
  }

  /** What the machine reaches at best, once known; before the end. */
  peak(peak: MachinePeak): void {
    if (this.#open) this.#write(encodeJson(CHUNK.peak, peak));
  }

  parity(value: Parity): void {
    if (this.#open) this.#write(encodeJson(CHUNK.parity, value));
  }

  trials(value: readonly Trial[]): void {
    if (this.#open) this.#write(encodeJson(CHUNK.trials, value));
  }

  /** Flushes, marks the recording as complete and closes the file. `openCalls`: those that the end of the program cut short. */
  close(recorder: Recorder, openCalls = 0): void {
    if (!this.#open) return;
    this.flush(recorder);
    this.end(openCalls);
  }

  /** Marks the recording as complete and closes the file. */
  end(openCalls = 0): void {
    if (!this.#open) return;
    this.#write(encodeJson(CHUNK.end, { ...this.#counts(), ...(openCalls === 0 ? {} : { openCalls }) }));
    this.abandon();
  }

  /**
   * Nothing is missing so far: who reads the file of a process that is ended now finds it complete. What is written next takes the
   * place of this end.
   */
  rest(): void {
    if (!this.#open || this.#atRest) return;
    const whole = this.#bytes;
    this.#write(encodeJson(CHUNK.end, this.#counts()));
    this.#bytes = whole;
    this.#atRest = true;
  }

  /** Something begins that is not in the file yet. */
  resume(): void {
    if (!this.#atRest) return;
    ftruncateSync(this.#descriptor, this.#bytes);
    this.#atRest = false;
  }

  /** Closes a recording that ended before its program did; how many calls are missing is in it where that still fits. Never throws. */
  endShort(lostCalls: number): void {
    if (!this.#open) return;
    try {
      this.#write(encodeJson(CHUNK.end, { ...this.#counts(), lostCalls }));
    } catch {
      // The recording then reads as one that was cut off, which it was.
    }
    this.abandon();
  }

  /** Closes the file as it is: a recording that was cut off. */
  abandon(): void {
    if (!this.#open) return;
    this.#open = false;
    closeSync(this.#descriptor);
  }

  #counts(): { readonly spans: number; readonly calls: number; readonly lostSpans: number } {
    return { spans: this.#spans, calls: this.#calls, lostSpans: this.#lost };
  }

  /** The file ends with a whole chunk again. */
  #dropHalfChunk(): void {
    try {
      ftruncateSync(this.#descriptor, this.#bytes);
    } catch {
      // The reader stops at a chunk that is cut off.
    }
  }

  #write(bytes: Buffer): void {
    try {
      this.resume();
      let written = 0;
      // At its place: after a half chunk was taken back, the descriptor's own position is beyond the end.
      while (written < bytes.length) written += writeSync(this.#descriptor, bytes, written, bytes.length - written, this.#bytes + written);
      this.#bytes += bytes.length;
    } catch (thrown) {
      this.#dropHalfChunk();
      throw cannotWrite(this.file, thrown, KEPT);
    }
  }
}

/** Writes a recording that is in memory, complete or not as it is. @throws UserError when the file cannot be written. */
export function writeRecording(file: string, recording: Recording): void {
  const { meta, spans, calls, gc, lostSpans, strings, details, conditions, peak, trials, parity, run, outside } = recording;
  const writer = new RecordingWriter(file, meta);
  writer.append({ spans, firstRow: 0, calls, gc, lostSpans }, strings, details);
  if (conditions !== undefined) writer.conditions(conditions);
  if (peak !== undefined) writer.peak(peak);
  if (trials !== undefined) writer.trials(trials);
  if (parity !== undefined) writer.parity(parity);
  if (recording.complete) writer.end();
  else writer.abandon();
  if (run !== undefined) appendChunk(file, encodeJson(CHUNK.run, run));
  if (outside !== undefined) appendChunk(file, encodeJson(CHUNK.outside, outside));
}

/** Adds what only the run knew to a recording that is closed. @throws UserError when the file cannot be written */
export const addRunFacts = (file: string, facts: RunFacts): void => appendChunk(file, encodeJson(CHUNK.run, facts));

function appendChunk(file: string, chunk: Buffer): void {
  try {
    appendFileSync(file, chunk);
  } catch (thrown) {
    throw cannotWrite(file, thrown, KEPT);
  }
}

const KEPT = ' What was recorded before is in it: `inferscope view` opens it.';

const REMEDIES = new Map<unknown, string>([
  ['ENOSPC', 'the disk is full: free some space or choose another folder with --out'],
  ['EDQUOT', 'the disk quota is used up: free some space or choose another folder with --out'],
  ['EMFILE', 'this process has no file handle left: raise the limit with `ulimit -n 1024`'],
  ['ENFILE', 'this machine has no file handle left: end programs that hold many'],
]);

function openFor(file: string, mode: 'new' | 'replace'): [string, number] {
  if (mode === 'replace') return [file, openSync(file, 'w')];
  const { dir, name, ext } = path.parse(file);
  for (let n = 1; ; n++) {
    const free = n === 1 ? file : path.join(dir, `${name}-${n}${ext}`);
    try {
      return [free, openSync(free, 'wx')];
    } catch (thrown) {
      if (!(thrown instanceof Error && 'code' in thrown && thrown.code === 'EEXIST')) throw thrown;
    }
  }
}

function cannotWrite(file: string, thrown: unknown, kept = ''): UserError {
  const code = thrown instanceof Error && 'code' in thrown ? thrown.code : undefined;
  const remedy = REMEDIES.get(code) ?? messageOf(thrown);
  return new UserError(`Cannot write the recording ${file}: ${remedy}.${kept}`, EXIT.io, { cause: thrown });
}

function encodeSpans(spans: SpanColumns, firstRow: number): Uint8Array {
  const bytes = new Uint8Array(16 + spans.length * SPAN_BYTES);
  const head = new DataView(bytes.buffer);
  head.setFloat64(0, firstRow, true);
  head.setFloat64(8, spans.length, true);
  let offset = 16;
  for (const [name] of COLUMNS) {
    const column = spans[name];
    bytes.set(new Uint8Array(column.buffer, column.byteOffset, column.byteLength), offset);
    offset += column.byteLength;
  }
  return bytes;
}
