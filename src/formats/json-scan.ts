/**
 * JSON that need not fit into a string: the scanner finds where values begin and end, byte by byte, and hands the elements
 * of the lists that matter over one after the other. Everything else of a document is put together as usual.
 */
import { parsedJson } from '../model/parsed-json.js';
import { damaged } from './checks.js';
import { repairedJson } from './json-repair.js';
import type { ByteSource } from './source.js';

/** What becomes of a list: each element is parsed and handed over. */
export type ElementTaker = (element: unknown, index: number) => void;

export interface JsonTakers {
  /** Who takes the elements of the list at this path of keys (`result.resourceSpans`, empty for the document itself). */
  readonly listAt: (path: string) => ElementTaker | null;
  /** True for an object in which such lists may be. */
  readonly looksInto: (path: string) => boolean;
  /** Changes the text of an element before it is parsed, such as numbers that would lose digits. */
  readonly prepare?: (text: string, path: string) => string;
  /** Begins each document of a file, which may hold several one after the other. */
  readonly begin: (line: number) => void;
  /** Takes what of a document was not handed over: `undefined` for a list whose elements were. */
  readonly end: (rest: unknown) => void;
}

/** How a file ended: `whole`; `open` where only closing brackets are missing; `cut` within something. */
export type JsonEnd = 'whole' | 'open' | 'cut';

const QUOTE = 0x22;
const BACKSLASH = 0x5c;
const OPEN_OBJECT = 0x7b;
const CLOSE_OBJECT = 0x7d;
const OPEN_LIST = 0x5b;
const CLOSE_LIST = 0x5d;
const COMMA = 0x2c;
const COLON = 0x3a;
const LINE = 0x0a;
/** V8 makes no longer strings. */
const MAX_VALUE_BYTES = 0x1fff_ffe8;
/** Thrown at the end of the bytes, and caught where documents are read. */
class Cut extends Error {}

/**
 * Reads all JSON documents of a source.
 *
 * @throws UserError when it is no JSON: one sentence that names the place
 */
export function scanJson(source: ByteSource, takers: JsonTakers): JsonEnd {
  return new JsonScanner(source, takers).run();
}

class JsonScanner {
  readonly #source: ByteSource;
  readonly #chunks: Iterator<Uint8Array, unknown>;
  readonly #takers: JsonTakers;
  #bytes: Buffer = Buffer.alloc(0);
  #at = 0;
  /** From where on bytes are still needed; what is before may be thrown away. */
  #keep = 0;
  #line = 1;
  /** True while only separators and closing brackets are missing. */
  #between = true;

  constructor(source: ByteSource, takers: JsonTakers) {
    this.#source = source;
    this.#chunks = source.chunks()[Symbol.iterator]();
    this.#takers = takers;
  }

  run(): JsonEnd {
    try {
      if (this.#peek() === 0xef) this.#at += 3;
      for (;;) {
        this.#between = false;
        const first = this.#skipSpace();
        if (first === -1) return 'whole';
        this.#takers.begin(this.#line);
        this.#takers.end(this.#value(first, ''));
      }
    } catch (thrown) {
      if (!(thrown instanceof Cut)) throw thrown;
      return this.#between ? 'open' : 'cut';
    } finally {
      this.#chunks.return?.();
    }
  }

  #value(first: number, path: string): unknown {
    if (first === OPEN_LIST) {
      const taker = this.#takers.listAt(path);
      if (taker !== null) {
        this.#list(path, taker);
        return undefined;
      }
    }
    if (first === OPEN_OBJECT && this.#takers.looksInto(path)) return this.#object(path);
    return this.#parse(this.#text(first), path);
  }

  #list(path: string, take: ElementTaker): void {
    this.#at++;
    let index = 0;
    for (let first = this.#nextOf(CLOSE_LIST); first !== null; first = this.#nextOf(CLOSE_LIST)) {
      take(this.#parse(this.#text(first), path, index), index);
      index++;
    }
  }

  /** Where the next element or key begins; null, and behind it, at what closes the list or object. */
  #nextOf(close: number): number | null {
    this.#between = true;
    let first = this.#next();
    for (; first === COMMA; first = this.#next()) this.#at++;
    if (first === close) this.#at++;
    this.#between = false;
    return first === close ? null : first;
  }

  #object(path: string): Readonly<Record<string, unknown>> {
    const entries: [string, unknown][] = [];
    this.#at++;
    for (let first = this.#nextOf(CLOSE_OBJECT); first !== null; first = this.#nextOf(CLOSE_OBJECT)) {
      if (first !== QUOTE) throw this.#broken();
      const key = String(this.#parse(this.#text(first), path));
      if (this.#next() !== COLON) throw this.#broken();
      this.#at++;
      const value = this.#value(this.#next(), path === '' ? key : `${path}.${key}`);
      entries.push([key, value]);
    }
    return Object.fromEntries(entries);
  }

  #parse(text: string, path: string, index?: number): unknown {
    const prepared = index === undefined || this.#takers.prepare === undefined ? text : this.#takers.prepare(text, path);
    let value = parsedJson(prepared);
    const repaired = value === undefined ? repairedJson(prepared) : null;
    if (repaired !== null) value = parsedJson(repaired);
    if (value === undefined) throw this.#broken(index === undefined ? path : `${path}[${index}]`);
    return value;
  }

  #broken(where = ''): Error {
    return damaged(this.#source.name, `line ${this.#line}${where === '' ? '' : `, ${where.slice(0, 80)},`} is not complete JSON`);
  }

  /** The text of the value that begins here, and goes behind it. */
  #text(first: number): string {
    this.#keep = this.#at;
    if (first === QUOTE) this.#passString();
    else if (first === OPEN_OBJECT || first === OPEN_LIST) this.#passNested();
    else this.#passScalar();
    if (this.#at - this.#keep > MAX_VALUE_BYTES) throw damaged(this.#source.name, 'one value in it is longer than 512 MB');
    return this.#bytes.toString('utf8', this.#keep, this.#at);
  }

  #passNested(): void {
    let depth = 0;
    for (;;) {
      const bytes = this.#bytes;
      const end = bytes.length;
      let at = this.#at;
      for (; at < end; at++) {
        const byte = bytes[at];
        if (byte === QUOTE) break;
        if (byte === OPEN_OBJECT || byte === OPEN_LIST) depth++;
        else if ((byte === CLOSE_OBJECT || byte === CLOSE_LIST) && --depth === 0) {
          this.#at = at + 1;
          return;
        }
      }
      this.#at = at;
      if (at < end) this.#passString();
      else this.#fill();
    }
  }

  #passString(): void {
    this.#at++;
    for (;;) {
      const bytes = this.#bytes;
      const end = bytes.length;
      let at = this.#at;
      for (; at < end; at++) {
        const byte = bytes[at];
        if (byte === QUOTE) {
          this.#at = at + 1;
          return;
        }
        // Text has no raw line breaks; one that was cut off ends here instead of at the next quotation mark.
        if (byte === LINE) {
          this.#at = at;
          throw this.#broken();
        }
        if (byte === BACKSLASH) at++;
      }
      this.#at = at;
      while (this.#at >= this.#bytes.length) this.#fill();
    }
  }

  #passScalar(): void {
    for (;;) {
      const byte = this.#peek();
      if (byte === -1 || byte === COMMA || byte === COLON || byte === CLOSE_OBJECT || byte === CLOSE_LIST || isSpace(byte)) break;
      this.#at++;
    }
    // A number at the very end may go on, and so may nothing at all.
    if (this.#at === this.#keep) throw this.#broken();
  }

  /** The next byte that is no space, not passed. */
  #next(): number {
    const byte = this.#skipSpace();
    if (byte === -1) throw new Cut();
    return byte;
  }

  #skipSpace(): number {
    for (;;) {
      this.#keep = this.#at;
      const byte = this.#peek();
      if (!isSpace(byte)) return byte;
      if (byte === LINE) this.#line++;
      this.#at++;
    }
  }

  #peek(): number {
    while (this.#at >= this.#bytes.length) if (!this.#tryFill()) return -1;
    return this.#bytes[this.#at] ?? -1;
  }

  #fill(): void {
    if (!this.#tryFill()) throw new Cut();
  }

  /** Adds the next piece behind what is kept. The room doubles, so that a long value is not copied for each piece. */
  #tryFill(): boolean {
    const next = this.#chunks.next();
    if (next.done === true) return false;
    const { value } = next;
    const kept = this.#bytes.subarray(Math.min(this.#keep, this.#bytes.length));
    const room = this.#bytes.byteOffset + this.#bytes.length + value.length;
    if (kept.length > 0 && room <= this.#bytes.buffer.byteLength) {
      const whole = Buffer.from(this.#bytes.buffer, kept.byteOffset, kept.length + value.length);
      whole.set(value, kept.length);
      this.#moveTo(whole);
    } else {
      const space = Buffer.alloc(kept.length === 0 ? value.length : (kept.length + value.length) * 2);
      space.set(kept);
      space.set(value, kept.length);
      this.#moveTo(space.subarray(0, kept.length + value.length));
    }
    return true;
  }

  #moveTo(bytes: Buffer): void {
    this.#at -= this.#keep;
    this.#keep = 0;
    this.#bytes = bytes;
  }
}

/** Also the record separator of JSON text sequences. */
const isSpace = (byte: number): boolean => byte === 0x20 || byte === LINE || byte === 0x0d || byte === 0x09 || byte === 0x1e;
