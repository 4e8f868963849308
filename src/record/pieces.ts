import { closeSync, fstatSync, openSync, readSync } from 'node:fs';
import { EXIT, UserError, messageOf } from '../model/errors.js';

/** The bytes of a recording, read where they are wanted: one of millions of calls has more than a Buffer can hold. */
export interface Pieces {
  readonly length: number;
  /** These bytes, which stay as they are until the next ones are asked for. */
  at(offset: number, length: number): Buffer;
}

export const piecesOfBytes = (bytes: Buffer): Pieces => ({
  length: bytes.length,
  at: (offset, length) => bytes.subarray(offset, offset + length),
});

/** Opens a recording for as long as `body` runs. @throws UserError when the file cannot be read, and what `body` throws */
export function withPiecesOfFile<Value>(file: string, body: (pieces: Pieces) => Value): Value {
  const readable = <Read>(read: () => Read): Read => {
    try {
      return read();
    } catch (thrown) {
      throw new UserError(`Cannot read the recording ${file}: ${messageOf(thrown)}.`, EXIT.notFound, { cause: thrown });
    }
  };
  const descriptor = readable(() => openSync(file, 'r'));
  let scratch = Buffer.alloc(0);
  try {
    const length = readable(() => fstatSync(descriptor).size);
    return body({
      length,
      at: (offset, wanted) =>
        readable(() => {
          if (scratch.length < wanted) scratch = Buffer.alloc(wanted);
          let filled = 0;
          for (let read = -1; filled < wanted && read !== 0; filled += read)
            read = readSync(descriptor, scratch, filled, wanted - filled, offset + filled);
          return scratch.subarray(0, filled);
        }),
    });
  } finally {
    closeSync(descriptor);
  }
}
