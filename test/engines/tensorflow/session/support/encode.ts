/** A protocol buffer encoder of three kinds of field: enough to write what a decoder should read. */
const varint = (value: bigint): number[] => {
  const bytes: number[] = [];
  let rest = BigInt.asUintN(64, value);
  do {
    bytes.push(Number(rest & 0x7fn) | (rest > 0x7fn ? 0x80 : 0));
    rest >>= 7n;
  } while (rest > 0n);
  return bytes;
};

export const number = (field: number, value: bigint): Buffer => Buffer.from([...varint(BigInt(field << 3)), ...varint(value)]);

/** A length-delimited field that holds the given fields. */
export function field(field: number, ...parts: readonly Buffer[]): Buffer {
  const body = Buffer.concat(parts);
  return Buffer.concat([Buffer.from([...varint(BigInt((field << 3) | 2)), ...varint(BigInt(body.length))]), body]);
}

export const text = (number: number, value: string): Buffer => field(number, Buffer.from(value));

/** A length as it stands before a field's bytes, whatever follows. */
export const lengthBytes = (length: bigint): Buffer => Buffer.from(varint(length));
