/** Calls with their spans on their way into a recording: in the order in which they came, a portion after the other. */
import { closeSync, openSync, readSync, rmSync, writeSync } from 'node:fs';
import { deserialize, serialize } from 'node:v8';
import { EXIT, UserError, messageOf } from '../../model/errors.js';
import type { CallRecord } from '../../model/recording.js';
import type { SpanColumns } from '../../model/span.js';

/** The rows of a call follow on one another, its root first; rows are numbered within the portion. */
export interface Portion {
  readonly spans: SpanColumns;
  readonly calls: readonly CallRecord[];
}

const PORTION_SPANS = 50_000;

/** Where portions are until all have come and can be put in order of time. */
export interface Portions {
  /** Spans that are a portion. */
  readonly atOnce: number;
  push(portion: Portion): void;
  at(number: number): Portion;
  /** Nothing is asked for any more. */
  close(): void;
}

export class PortionsInMemory implements Portions {
  readonly atOnce = PORTION_SPANS;
  readonly #portions: Portion[] = [];

  push(portion: Portion): void {
    this.#portions.push(portion);
  }

  at(number: number): Portion {
    const portion = this.#portions[number];
    if (portion === undefined) throw new RangeError(`there is no portion ${number}`);
    return portion;
  }

  close(): void {
    this.#portions.length = 0;
  }
}

/** Calls come nearly in order of time, from the newest window to the oldest: few portions are wanted at a time. */
const AT_HAND = 4;

/** In a file, which is gone in the end. Memory holds a few of them, however many there are. */
export class PortionsInFile implements Portions {
  readonly #descriptor: number;
  readonly #places: { readonly offset: number; readonly length: number }[] = [];
  /** The one that was asked for last stands last. */
  readonly #atHand = new Map<number, Portion>();
  #bytes = 0;
  #open = true;

  /** @throws UserError when the file cannot be made */
  constructor(
    private readonly file: string,
    readonly atOnce = PORTION_SPANS,
  ) {
    this.#descriptor = this.#attempt(() => openSync(file, 'wx+'));
    this.#drop();
  }

  push(portion: Portion): void {
    const bytes = serialize(portion);
    this.#attempt(() => {
      for (let written = 0; written < bytes.length;)
        written += writeSync(this.#descriptor, bytes, written, bytes.length - written, this.#bytes + written);
    });
    this.#places.push({ offset: this.#bytes, length: bytes.length });
    this.#bytes += bytes.length;
  }

  at(number: number): Portion {
    const portion = this.#atHand.get(number) ?? this.#read(number);
    this.#atHand.delete(number);
    this.#atHand.set(number, portion);
    for (const [oldest] of this.#atHand) if (this.#atHand.size > AT_HAND) this.#atHand.delete(oldest);
    return portion;
  }

  close(): void {
    if (!this.#open) return;
    this.#open = false;
    closeSync(this.#descriptor);
    this.#drop();
  }

  /** Where the system lets an open file go, nothing stays behind a process that is killed. */
  #drop(): void {
    try {
      rmSync(this.file, { force: true });
    } catch {
      // Windows lets it go when it is closed.
    }
  }

  #read(number: number): Portion {
    const place = this.#places[number];
    if (place === undefined) throw new RangeError(`there is no portion ${number}`);
    const bytes = Buffer.alloc(place.length);
    this.#attempt(() => {
      for (let read = 0; read < place.length;) {
        const more = readSync(this.#descriptor, bytes, read, place.length - read, place.offset + read);
        if (more === 0) throw new Error('it became shorter');
        read += more;
      }
    });
    return deserialize(bytes) as Portion;
  }

  #attempt<Value>(use: () => Value): Value {
    try {
      return use();
    } catch (thrown) {
      throw new UserError(`Cannot keep spans in ${this.file} (${messageOf(thrown)}): choose another folder with --out.`, EXIT.io, {
        cause: thrown,
      });
    }
  }
}
