/** Writes ONNX models of a few operations, for what needs a model of its own: no weights, float32 throughout. */

/** A value of 32 bits or fewer, seven bits a byte. */
function varint(value: number): number[] {
  const bytes: number[] = [];
  for (let left = value; ; left = Math.floor(left / 128)) {
    if (left < 128) return [...bytes, left];
    bytes.push((left % 128) | 128);
  }
}

const number = (field: number, value: number): Buffer => Buffer.from([...varint(field * 8), ...varint(value)]);
const bytes = (field: number, content: Buffer): Buffer =>
  Buffer.concat([Buffer.from([...varint(field * 8 + 2), ...varint(content.length)]), content]);
const text = (field: number, content: string): Buffer => bytes(field, Buffer.from(content));
export const message = (field: number, ...parts: readonly Buffer[]): Buffer => bytes(field, Buffer.concat(parts));

/** An operation on named tensors. */
export interface SmallNode {
  readonly op: string;
  readonly inputs: readonly string[];
  readonly output: string;
}

/** An input or output and its shape. */
export type SmallValue = readonly [name: string, shape: readonly number[]];

/** Operations as they are in opset 13, which every version in question knows. */
export const smallModel = (nodes: readonly SmallNode[], inputs: readonly SmallValue[], outputs: readonly SmallValue[]): Uint8Array =>
  Buffer.concat([
    number(1, 8),
    message(
      7,
      ...nodes.map(({ op, inputs: from, output }) => message(1, ...from.map((name) => text(1, name)), text(2, output), text(4, op))),
      text(2, 'inferscope'),
      ...inputs.map((value) => valueInfo(11, value)),
      ...outputs.map((value) => valueInfo(12, value)),
    ),
    message(8, text(1, ''), number(2, 13)),
  ]);

const valueInfo = (field: number, [name, shape]: SmallValue): Buffer =>
  message(field, text(1, name), message(2, message(1, number(1, 1), message(2, ...shape.map((length) => message(1, number(1, length)))))));
