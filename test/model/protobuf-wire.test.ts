import fc from 'fast-check';
import { expect, it } from 'vitest';
import { WIRE, WireError, WireReader } from '../../src/model/protobuf-wire.js';

/** A field of each wire type, with its bytes. */
const field = fc.oneof(
  fc.nat(2 ** 20).map((value) => ({ wire: WIRE.varint, value, bytes: varint(value) })),
  fc.uint8Array({ maxLength: 9 }).map((bytes) => ({ wire: WIRE.bytes, value: -1, bytes: [...varint(bytes.length), ...bytes] })),
  fc.uint8Array({ minLength: 8, maxLength: 8 }).map((bytes) => ({ wire: WIRE.fixed64, value: -1, bytes: [...bytes] })),
  fc.uint8Array({ minLength: 4, maxLength: 4 }).map((bytes) => ({ wire: WIRE.fixed32, value: -1, bytes: [...bytes] })),
);

function varint(value: number): number[] {
  const bytes = [];
  for (; value > 0x7f; value = Math.floor(value / 128)) bytes.push((value & 0x7f) | 0x80);
  return [...bytes, value];
}

it('what is not read of a field is passed over, whatever it is and wherever it stands', () => {
  fc.assert(
    fc.property(fc.array(fc.tuple(field, fc.boolean()), { maxLength: 12 }), (drawn) => {
      const bytes = drawn.flatMap(([{ wire, bytes }], index) => [...varint((index + 1) * 8 + wire), ...bytes]);
      const reader = new WireReader(Buffer.from(bytes));
      const seen: number[] = [];
      while (reader.next(bytes.length)) {
        const [{ wire, value }, read] = drawn[reader.field - 1]!;
        seen.push(reader.field);
        if (read && wire === WIRE.varint) expect(reader.number()).toBe(value);
        else if (read && wire === WIRE.bytes) reader.string();
      }
      expect(seen).toEqual(drawn.map((_, index) => index + 1));
      expect(reader.position).toBe(bytes.length);
    }),
  );
});

it('the last field is passed over, too: one that is cut off is no message', () => {
  const reader = new WireReader(Buffer.from([0x0a, 5, 1, 2]));
  expect(reader.next(4)).toBe(true);
  expect(() => reader.next(4)).toThrow(WireError);
});
