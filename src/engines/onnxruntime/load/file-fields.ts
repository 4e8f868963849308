import { closeSync, fstatSync, openSync, readSync } from 'node:fs';
import { WIRE, WireError, WireReader } from '../../../model/protobuf-wire.js';

/** Longest key and length of a field. */
const HEAD_BYTES = 20;
const WINDOW_BYTES = 65_536;

/**
 * Goes over the fields of a protocol buffer that lies in a file, reading only what is asked for: weights are passed
 * over. Moves forward only, and every field takes at least a byte, so that no file can make it loop.
 */
export class FileFields {
  field = 0;
  wire = 0;
  position = 0;
  readonly bytes: number;
  /** The key of a field was read, and nothing of its value. */
  #unread = false;
  readonly #descriptor: number;
  #window = Buffer.alloc(0);
  #windowAt = 0;

  /** @throws the file system's own error */
  constructor(file: string) {
    this.#descriptor = openSync(file, 'r');
    this.bytes = fstatSync(this.#descriptor).size;
  }

  close(): void {
    closeSync(this.#descriptor);
  }

  /** Reads the next field's key before `end`; false at the end. @throws WireError */
  next(end: number): boolean {
    if (this.#unread) this.skip();
    if (this.position >= end) {
      if (this.position > end) throw new WireError(`a field ends at byte ${this.position}, after its message (${end})`);
      return false;
    }
    const reader = this.#reader();
    reader.next(reader.length);
    this.field = reader.field;
    this.wire = reader.wire;
    this.position += reader.position;
    this.#unread = true;
    return true;
  }

  /** A varint field as a number. @throws WireError */
  number(): number {
    const reader = this.#valueReader();
    const value = reader.number();
    this.#unread = false;
    this.position += reader.position;
    return value;
  }

  /** Enters a length-delimited field and gives the position of its end. @throws WireError */
  enter(): number {
    const length = this.#length();
    this.#unread = false;
    if (this.position + length > this.bytes) throw new WireError(`field ${this.field} at byte ${this.position} is longer than the file`);
    return this.position + length;
  }

  /** The content of a length-delimited field. @throws WireError */
  read(): Buffer {
    const end = this.enter();
    const content = this.#at(this.position, end - this.position);
    this.position = end;
    return Buffer.from(content);
  }

  /** Passes over the current field without reading it. @throws WireError */
  skip(): void {
    this.#unread = false;
    if (this.wire === WIRE.bytes) this.position = this.enter();
    else {
      const reader = this.#valueReader();
      reader.skip();
      this.position += reader.position;
    }
  }

  #length(): number {
    if (this.wire !== WIRE.bytes) throw new WireError(`field ${this.field} should have a length, not wire type ${this.wire}`);
    const reader = this.#valueReader();
    reader.wire = WIRE.varint;
    const length = reader.number();
    this.position += reader.position;
    return length;
  }

  #valueReader(): WireReader {
    const reader = this.#reader();
    reader.field = this.field;
    reader.wire = this.wire;
    return reader;
  }

  #reader(): WireReader {
    return new WireReader(this.#at(this.position, Math.min(HEAD_BYTES, this.bytes - this.position)));
  }

  #at(position: number, length: number): Buffer {
    const from = position - this.#windowAt;
    if (from >= 0 && from + length <= this.#window.length) return this.#window.subarray(from, from + length);
    const wanted = Math.min(Math.max(length, WINDOW_BYTES), this.bytes - position);
    const window = Buffer.alloc(wanted);
    for (let filled = 0; filled < wanted;) {
      const read = readSync(this.#descriptor, window, filled, wanted - filled, position + filled);
      if (read === 0) throw new WireError('the file became shorter while it was read');
      filled += read;
    }
    this.#window = window;
    this.#windowAt = position;
    return window.subarray(0, length);
  }
}
