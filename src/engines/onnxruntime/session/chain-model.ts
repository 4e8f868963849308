/** Kernels of the chain: enough for a median, few enough for a run of a tenth of a millisecond. */
export const CHAIN_LENGTH = 64;
/** Of the tensor that runs through it. */
export const CHAIN_SHAPE: readonly number[] = [4, 8, 16];
export const CHAIN_INPUT = 'x0';
export const CHAIN_OUTPUT = `x${CHAIN_LENGTH}`;

const FLOAT = 1;

/** An ONNX model of additions of a tensor to itself, one after the other: work that takes next to no time (onnx.proto). */
export function chainModel(): Uint8Array {
  const nodes = Array.from({ length: CHAIN_LENGTH }, (_, index) =>
    field(1, [field(1, `x${index}`), field(1, `x${index}`), field(2, `x${index + 1}`), field(3, `chain/add_${index}`), field(4, 'Add')]),
  );
  const dimensions = CHAIN_SHAPE.map((size) => field(1, [number(1, size)]));
  const type = field(2, [field(1, [number(1, FLOAT), field(2, dimensions)])]);
  const graph = [...nodes, field(2, 'chain'), field(11, [field(1, CHAIN_INPUT), type]), field(12, [field(1, CHAIN_OUTPUT), type])];
  return Buffer.concat([number(1, 8), field(7, graph), field(8, [number(2, 17)])]);
}

/** A field with a length: a text, or a message of fields. */
function field(tag: number, content: string | readonly Buffer[]): Buffer {
  const bytes = typeof content === 'string' ? Buffer.from(content) : Buffer.concat(content);
  return Buffer.concat([varint(tag * 8 + 2), varint(bytes.length), bytes]);
}

const number = (tag: number, value: number): Buffer => Buffer.concat([varint(tag * 8), varint(value)]);

function varint(value: number): Buffer {
  const bytes: number[] = [];
  let rest = value;
  for (; rest > 127; rest >>>= 7) bytes.push((rest & 127) | 128);
  return Buffer.from([...bytes, rest]);
}
