import { closeSync, mkdirSync, openSync, writeSync } from 'node:fs';
import path from 'node:path';
import { EXIT, UserError, messageOf } from '../model/errors.js';
import { RECORDING_VERSION, type Recording, type RecordingMeta } from '../model/recording.js';
import type { Trial } from '../model/trial.js';
import type { Conditions } from '../model/trust.js';
import type { MachinePeak } from '../model/roofline.js';
import type { SpanColumns } from '../model/span.js';
import { CHUNK, COLUMNS, SPAN_BYTES, encodeChunk, encodeHeader, encodeJson } from './format.js';
import type { Batch, Recorder } from './recorder.js';

/**
 * Appends a recorder's finished calls to a file as they come, so that a killed process loses only what it had not
 * flushed. Writes are synchronous and happen between calls, never inside one.
 */
export class RecordingWriter {
  private readonly descriptor: number;
  private stringsWritten = 0;
  private detailsWritten = 0;
  private spans = 0;
  private calls = 0;
  private lost = 0;
  private open = true;
  readonly file: string;

  /** @throws UserError when the file cannot be written. */
  constructor(file: string, meta: RecordingMeta) {
    this.file = file;
    try {
      mkdirSync(path.dirname(file), { recursive: true });
      this.descriptor = openSync(file, 'w');
    } catch (thrown) {
      throw cannotWrite(file, thrown);
    }
    this.write(Buffer.concat([encodeHeader(RECORDING_VERSION), encodeJson(CHUNK.meta, meta)]));
  }

  /** Writes what the recorder has finished since the last time. */
  flush(recorder: Recorder): void {
    this.append(recorder.drain(), recorder.interner.strings, recorder.interner.details);
  }

  /** Writes one batch; `strings` and `details` are the whole tables, of which only the new part is written. */
  append(batch: Batch, strings: readonly string[], details: readonly object[]): void {
    const chunks: Buffer[] = [];
    if (strings.length > this.stringsWritten) {
      chunks.push(encodeJson(CHUNK.strings, { first: this.stringsWritten, values: strings.slice(this.stringsWritten) }));
      this.stringsWritten = strings.length;
    }
    if (details.length > this.detailsWritten) {
      chunks.push(encodeJson(CHUNK.details, { first: this.detailsWritten, values: details.slice(this.detailsWritten) }));
      this.detailsWritten = details.length;
    }
    if (batch.spans.length > 0) chunks.push(encodeChunk(CHUNK.spans, encodeSpans(batch.spans, batch.firstRow)));
    if (batch.calls.length > 0) chunks.push(encodeJson(CHUNK.calls, batch.calls));
    if (batch.gc.length > 0) chunks.push(encodeJson(CHUNK.gc, batch.gc));
    this.spans += batch.spans.length;
    this.calls += batch.calls.length;
    this.lost += batch.lostSpans;
    if (chunks.length > 0) this.write(Buffer.concat(chunks));
  }

  /** How the machine behaved; the last one written counts. */
  conditions(value: Conditions): void {
    if (this.open) this.write(encodeJson(CHUNK.conditions, value));
  }

  /** What the machine reaches at best, once known; before the end. */
  peak(peak: MachinePeak): void {
    if (this.open) this.write(encodeJson(CHUNK.peak, peak));
  }

  trials(value: readonly Trial[]): void {
    if (this.open) this.write(encodeJson(CHUNK.trials, value));
  }

  /** Flushes, marks the recording as complete and closes the file. */
  close(recorder: Recorder): void {
    if (!this.open) return;
    this.flush(recorder);
    this.end();
  }

  /** Marks the recording as complete and closes the file. */
  end(): void {
    if (!this.open) return;
    this.write(encodeJson(CHUNK.end, { spans: this.spans, calls: this.calls, lostSpans: this.lost }));
    this.abandon();
  }

  /** Closes the file as it is: a recording that was cut off. */
  abandon(): void {
    if (!this.open) return;
    closeSync(this.descriptor);
    this.open = false;
  }

  private write(bytes: Buffer): void {
    try {
      let written = 0;
      while (written < bytes.length) written += writeSync(this.descriptor, bytes, written);
    } catch (thrown) {
      throw cannotWrite(this.file, thrown, ' What was recorded before is in it: `inferscope view` opens it.');
    }
  }
}

/** Writes a recording that is in memory, complete or not as it is. @throws UserError when the file cannot be written. */
export function writeRecording(file: string, recording: Recording): void {
  const { meta, spans, calls, gc, lostSpans, strings, details, conditions, peak, trials } = recording;
  const writer = new RecordingWriter(file, meta);
  writer.append({ spans, firstRow: 0, calls, gc, lostSpans }, strings, details);
  if (conditions !== undefined) writer.conditions(conditions);
  if (peak !== undefined) writer.peak(peak);
  if (trials !== undefined) writer.trials(trials);
  if (recording.complete) writer.end();
  else writer.abandon();
}

function cannotWrite(file: string, thrown: unknown, kept = ''): UserError {
  const full = thrown instanceof Error && 'code' in thrown && thrown.code === 'ENOSPC';
  const remedy = full ? 'the disk is full: free some space or choose another folder with --out' : messageOf(thrown);
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
