/** What came back is not the protocol buffer it should be. */
export class WireError extends Error {
  override readonly name = 'WireError';
}

export const WIRE = { varint: 0, fixed64: 1, bytes: 2, fixed32: 5 } as const;

/**
 * Reads protocol buffer fields from one buffer, moving forward only, so that no input can make it loop: each `next`
 * consumes at least one byte and nothing is read past `end`.
 *
 * Use: `while (reader.next(end)) if (reader.field === 1) size = reader.number();`. What was not read of a field when the next
 * one is asked for is passed over.
 */
export class WireReader {
  field = 0;
  wire = 0;
  position = 0;
  /** Halves of the last varint: 64 bits do not fit a number exactly. */
  low = 0;
  high = 0;
  /** The key of a field was read, and nothing of its value. */
  #unread = false;
  readonly #buffer: Buffer;

  constructor(buffer: Buffer) {
    this.#buffer = buffer;
  }

  get length(): number {
    return this.#buffer.length;
  }

  /** Reads the next field's key before `end`; false at the end. @throws WireError */
  next(end: number): boolean {
    if (this.#unread) this.skip();
    if (this.position >= end) {
      if (this.position > end) throw new WireError(`a field ends at byte ${this.position}, after its message (${end})`);
      return false;
    }
    this.#varint();
    if (this.high !== 0) throw new WireError(`field number too large at byte ${this.position}`);
    this.wire = this.low & 7;
    this.field = this.low >>> 3;
    if (this.field === 0) throw new WireError(`field number 0 at byte ${this.position}`);
    this.#unread = true;
    return true;
  }

  /** A varint field as a number; exact within ±2^53. @throws WireError */
  number(): number {
    if (this.wire !== WIRE.varint) throw new WireError(`field ${this.field} should be a varint, not wire type ${this.wire}`);
    this.#unread = false;
    this.#varint();
    return (this.high | 0) * 0x1_0000_0000 + this.low;
  }

  /** Enters a length-delimited field and gives the position of its end. @throws WireError */
  enter(): number {
    if (this.wire !== WIRE.bytes) throw new WireError(`field ${this.field} should have a length, not wire type ${this.wire}`);
    this.#unread = false;
    this.#varint();
    const end = this.position + this.low;
    if (this.high !== 0 || end > this.#buffer.length)
      throw new WireError(`field ${this.field} at byte ${this.position} is longer than the buffer`);
    return end;
  }

  /** A length-delimited field as it stands in the buffer. @throws WireError */
  content(): Buffer {
    const end = this.enter();
    const content = this.#buffer.subarray(this.position, end);
    this.position = end;
    return content;
  }

  /** A string field. @throws WireError */
  string(): string {
    const end = this.enter();
    const text = this.#buffer.toString('utf8', this.position, end);
    this.position = end;
    return text;
  }

  /** Passes over the current field. @throws WireError */
  skip(): void {
    this.#unread = false;
    switch (this.wire) {
      case WIRE.varint:
        this.#varint();
        return;
      case WIRE.bytes:
        this.position = this.enter();
        return;
      case WIRE.fixed64:
        this.#advance(8);
        return;
      case WIRE.fixed32:
        this.#advance(4);
        return;
      default:
        throw new WireError(`wire type ${this.wire} of field ${this.field} is not in use`);
    }
  }

  #advance(bytes: number): void {
    this.position += bytes;
    if (this.position > this.#buffer.length) throw new WireError('the buffer ends within a field');
  }

  /** Seven bits a byte, least significant first, ten bytes at most. */
  #varint(): void {
    const buffer = this.#buffer;
    let low = 0;
    let high = 0;
    for (let index = 0; index < 10; index++) {
      const byte = buffer[this.position];
      if (byte === undefined) throw new WireError('the buffer ends within a number');
      this.position++;
      const bits = byte & 0x7f;
      if (index < 4) low |= bits << (7 * index);
      else if (index === 4) {
        low |= bits << 28;
        high = bits >>> 4;
      } else high |= bits << (7 * index - 32);
      if (byte < 0x80) {
        this.low = low >>> 0;
        this.high = high >>> 0;
        return;
      }
    }
    throw new WireError(`a number is longer than ten bytes at byte ${this.position}`);
  }
}

/** All values of a length-delimited field (messages, strings) of one message, found without a schema. @throws WireError */
export function messages(bytes: Uint8Array, field: number): Uint8Array[] {
  const found: Uint8Array[] = [];
  const reader = readerOf(bytes);
  while (reader.next(bytes.length)) {
    if (reader.field === field && reader.wire === WIRE.bytes) found.push(reader.content());
  }
  return found;
}

/** The first value of a field, or an empty message: absent and empty are the same in protobuf 3. */
export const message = (bytes: Uint8Array, field: number): Uint8Array => messages(bytes, field)[0] ?? new Uint8Array();

export const textsIn = (bytes: Uint8Array, field: number): string[] =>
  messages(bytes, field).map((text) => bufferOf(text).toString('utf8'));
export const textIn = (bytes: Uint8Array, field: number): string => bufferOf(message(bytes, field)).toString('utf8');

/** The last value of a varint field; 0 when it is absent. @throws WireError */
export function numberIn(bytes: Uint8Array, field: number): number {
  let found = 0;
  const reader = readerOf(bytes);
  while (reader.next(bytes.length)) {
    if (reader.field === field && reader.wire === WIRE.varint) found = reader.number();
  }
  return found;
}

const bufferOf = (bytes: Uint8Array): Buffer => Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
export const readerOf = (bytes: Uint8Array): WireReader => new WireReader(bufferOf(bytes));
