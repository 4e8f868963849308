import { dtypeBytes } from '../../../model/dtypes.js';
import type { CallScope, NameTable } from '../../../model/recorder.js';
import type { SpanDetail } from '../../../model/span.js';
import type { TensorGroup, TensorLike } from './seams.js';

interface Entry {
  readonly name: string;
  readonly node: string | undefined;
  readonly shapes: readonly (readonly number[])[];
  readonly dtypes: readonly string[];
  readonly id: number;
}

/**
 * Shapes and dtypes of kernels, as detail numbers, for the price of a comparison.
 *
 * Warm calls run the same kernels in the same order with the same shapes: what the kernel at this position had last
 * time is compared with what it has now, and only a difference builds strings. Each variant has its own sequence.
 */
export class DetailCache {
  readonly #sequences: Entry[][] = [];

  constructor(private readonly table: NameTable) {}

  /** The detail of a kernel that has just run. */
  next(scope: CallScope, name: string, inputs: TensorGroup | undefined, outputs: TensorGroup | undefined): number {
    const entries = (this.#sequences[scope.sequence] ??= []);
    const position = scope.position++;
    const known = entries[position];
    if (known !== undefined && known.name === name && known.node === scope.node && sameTensors(known, inputs, outputs)) return known.id;
    const entry = this.#describe(scope, name, inputs, outputs);
    entries[position] = entry;
    return entry.id;
  }

  #describe({ node }: CallScope, name: string, inputs: TensorGroup | undefined, outputs: TensorGroup | undefined): Entry {
    const tensors: TensorLike[] = [];
    collect(inputs, tensors);
    const inputCount = tensors.length;
    collect(outputs, tensors);
    const id = this.table.detail(describe(tensors, inputCount, node));
    return { name, node, shapes: tensors.map(({ shape }) => [...shape]), dtypes: tensors.map(({ dtype }) => dtype), id };
  }
}

/** Whether a kernel has the tensors it had last time: walked in place, since this runs once a kernel of each call. */
function sameTensors(entry: Entry, inputs: TensorGroup | undefined, outputs: TensorGroup | undefined): boolean {
  const inputsEnd = walk(entry, 0, inputs);
  return inputsEnd >= 0 && walk(entry, inputsEnd, outputs) === entry.shapes.length;
}

/** Compares a group with the entry's tensors from `index` on; returns the index after them, -1 when one differs. */
function walk(entry: Entry, index: number, group: TensorGroup | undefined): number {
  if (group === undefined) return index;
  if (Array.isArray(group)) {
    for (const tensor of group as readonly (TensorLike | null | undefined)[]) {
      if (tensor == null) continue;
      if (index < 0 || !sameTensor(entry, index++, tensor)) return -1;
    }
    return index;
  }
  if (isTensor(group)) return sameTensor(entry, index, group) ? index + 1 : -1;
  const named = group as Readonly<Record<string, TensorGroup | null | undefined>>;
  for (const key in named) {
    const value = named[key];
    if (value == null) continue;
    index = walk(entry, index, value);
    if (index < 0) return -1;
  }
  return index;
}

function sameTensor(entry: Entry, index: number, tensor: TensorLike): boolean {
  const known = entry.shapes[index];
  const { shape } = tensor;
  if (known === undefined || tensor.dtype !== entry.dtypes[index] || shape.length !== known.length) return false;
  for (let d = 0; d < known.length; d++) if (shape[d] !== known[d]) return false;
  return true;
}

function collect(group: TensorGroup | undefined, into: TensorLike[]): void {
  if (group === undefined) return;
  if (isTensor(group)) {
    into.push(group);
    return;
  }
  if (Array.isArray(group)) {
    for (const tensor of group as readonly (TensorLike | null | undefined)[]) if (tensor != null && isTensor(tensor)) into.push(tensor);
    return;
  }
  const named = group as Readonly<Record<string, TensorGroup | null | undefined>>;
  for (const key in named) {
    const tensor = named[key];
    if (tensor != null) collect(tensor, into);
  }
}

const isTensor = (value: unknown): value is TensorLike =>
  typeof (value as TensorLike).dtype === 'string' && Array.isArray((value as TensorLike).shape);

function describe(tensors: readonly TensorLike[], inputCount: number, node: string | undefined): SpanDetail {
  const inputs = tensors.slice(0, inputCount);
  const outputs = tensors.slice(inputCount);
  const shapeOf = ({ shape }: TensorLike): string => `[${shape.join(',')}]`;
  return {
    inputShapes: inputs.map(shapeOf),
    outputShapes: outputs.map(shapeOf),
    inputDtypes: inputs.map(({ dtype }) => dtype),
    outputDtypes: outputs.map(({ dtype }) => dtype),
    outputBytes: outputs.reduce((sum, { shape, dtype }) => sum + shape.reduce((a, b) => a * b, dtypeBytes(dtype) ?? 0), 0),
    ...(node === undefined ? {} : { node }),
  };
}
