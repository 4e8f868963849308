import protobuf from 'protobufjs/minimal.js';

/** What a field holds: a number for varints, bytes for everything with a length; other wire types are skipped. */
export type Field = number | Uint8Array;

/**
 * Walks over the fields of one protobuf message, without a schema.
 *
 * @throws RangeError when the bytes end within a field.
 */
export function forEachField(bytes: Uint8Array, visit: (field: number, value: Field) => void): void {
  const reader = protobuf.Reader.create(bytes);
  while (reader.pos < reader.len) {
    const tag = reader.uint32();
    const field = tag >>> 3;
    if ((tag & 7) === 0) visit(field, Number(reader.int64()));
    else if ((tag & 7) === 2) visit(field, reader.bytes());
    else reader.skipType(tag & 7);
  }
}

/** All values of a field that holds messages or strings. */
export function messages(bytes: Uint8Array, field: number): Uint8Array[] {
  const found: Uint8Array[] = [];
  forEachField(bytes, (number, value) => {
    if (number === field && value instanceof Uint8Array) found.push(value);
  });
  return found;
}

/** The first value of a field, or an empty message: absent and empty are the same in protobuf 3. */
export const message = (bytes: Uint8Array, field: number): Uint8Array => messages(bytes, field)[0] ?? new Uint8Array();

export const texts = (bytes: Uint8Array, field: number): string[] => messages(bytes, field).map(text);
export const text = (bytes: Uint8Array): string => Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString('utf8');
export const firstText = (bytes: Uint8Array, field: number): string => text(message(bytes, field));

/** The last value of a number field; 0 when it is absent. */
export function number(bytes: Uint8Array, field: number): number {
  let found = 0;
  forEachField(bytes, (index, value) => {
    if (index === field && typeof value === 'number') found = value;
  });
  return found;
}
