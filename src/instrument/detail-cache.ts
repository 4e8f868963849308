import type { CallScope, NameTable } from '../model/recorder.js';
import type { SpanDetail } from '../model/span.js';
import type { TensorGroup, TensorLike } from './seams.js';

const BYTES: Readonly<Record<string, number>> = { float32: 4, int32: 4, bool: 1, complex64: 8, string: 0 };

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
  private readonly sequences: Entry[][] = [];
  private readonly scratch: TensorLike[] = [];

  constructor(private readonly table: NameTable) {}

  /** The detail of a kernel that has just run. */
  next(scope: CallScope, name: string, inputs: TensorGroup | undefined, outputs: TensorGroup | undefined): number {
    const { scratch } = this;
    scratch.length = 0;
    collect(inputs, scratch);
    const inputCount = scratch.length;
    collect(outputs, scratch);
    const entries = (this.sequences[scope.sequence] ??= []);
    const position = scope.position++;
    const known = entries[position];
    if (known?.name === name && known.node === scope.node && sameTensors(known, scratch)) return known.id;
    const id = this.table.detail(describe(scratch, inputCount, scope.node));
    entries[position] = {
      name,
      node: scope.node,
      shapes: scratch.map(({ shape }) => [...shape]),
      dtypes: scratch.map(({ dtype }) => dtype),
      id,
    };
    return id;
  }
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

const isTensor = (value: unknown): value is TensorLike => Array.isArray((value as TensorLike).shape) && typeof (value as TensorLike).dtype === 'string';

function sameTensors(entry: Entry, tensors: readonly TensorLike[]): boolean {
  if (entry.shapes.length !== tensors.length) return false;
  for (let i = 0; i < tensors.length; i++) {
    const tensor = tensors[i] as TensorLike;
    const shape = entry.shapes[i] as readonly number[];
    if (tensor.dtype !== entry.dtypes[i] || tensor.shape.length !== shape.length) return false;
    for (let d = 0; d < shape.length; d++) if (tensor.shape[d] !== shape[d]) return false;
  }
  return true;
}

function describe(tensors: readonly TensorLike[], inputCount: number, node: string | undefined): SpanDetail {
  const inputs = tensors.slice(0, inputCount);
  const outputs = tensors.slice(inputCount);
  const shapeOf = ({ shape }: TensorLike): string => `[${shape.join(',')}]`;
  return {
    inputShapes: inputs.map(shapeOf),
    outputShapes: outputs.map(shapeOf),
    inputDtypes: inputs.map(({ dtype }) => dtype),
    outputDtypes: outputs.map(({ dtype }) => dtype),
    outputBytes: outputs.reduce((sum, { shape, dtype }) => sum + shape.reduce((a, b) => a * b, BYTES[dtype] ?? 4), 0),
    ...(node === undefined ? {} : { node }),
  };
}
