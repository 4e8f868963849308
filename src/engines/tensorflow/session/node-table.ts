import { type NodeInput, parseLabel, isCall } from './label.js';
import { layerOf } from './layer-name.js';

/** What a node's name and label tell, read once a model, and what its last execution showed. */
export interface KnownNode {
  readonly name: string;
  readonly op: string;
  readonly inputs: readonly NodeInput[];
  /** Layer path with the model's name. */
  readonly layer: string | null;
  readonly isCall: boolean;
  /** Outputs of the last execution: the same object while they do not change. */
  outputs: readonly StepOutput[];
  /** Belongs to kernels.ts. */
  details: KernelDetails | null;
}

/** What follows from the shapes; valid while inputs and outputs are the same objects. */
export interface KernelDetails {
  readonly inputs: readonly (StepOutput | undefined)[];
  readonly outputs: readonly StepOutput[];
  readonly inputShapes: readonly string[];
  readonly outputShapes: readonly string[];
  readonly outputDtypes: readonly string[];
  readonly outputBytes: number;
  readonly flops: number | null;
  readonly bytesMoved: number | null;
}

/** A piece of a buffer. */
export interface ByteRange {
  start: number;
  end: number;
}

/** Beyond this many a model makes new names at each call, and keeping them would be a leak. */
const MAX_NODES = 100_000;

/**
 * Nodes by the bytes of their name and label, so that after its first time a node costs a hash instead of two strings.
 * The hash has 53 bits: with 100,000 names the chance of any wrong one is below one in a million.
 */
export class NodeTable {
  readonly #nodes = new Map<number, KnownNode>();

  find(buffer: Buffer, name: ByteRange, label: ByteRange): KnownNode {
    // The label repeats the name, so one of them is enough.
    const key = label.end > label.start ? hash(buffer, label) : hash(buffer, name);
    const known = this.#nodes.get(key);
    if (known !== undefined) return known;
    if (this.#nodes.size >= MAX_NODES) this.#nodes.clear();
    const node = describe(buffer.toString('utf8', name.start, name.end), buffer.toString('utf8', label.start, label.end));
    this.#nodes.set(key, node);
    return node;
  }
}

function describe(name: string, label: string): KnownNode {
  const { op, inputs } = parseLabel(label);
  return { name, op: op === '' ? name : op, inputs, layer: layerOf(name), isCall: isCall(op), outputs: [], details: null };
}

/** Two multiplicative hashes of 32 and 21 bits in one number. */
function hash(buffer: Buffer, { start, end }: ByteRange): number {
  let first = 0x811c9dc5;
  let second = end - start;
  for (let index = start; index < end; index++) {
    const byte = buffer[index] ?? 0;
    first = Math.imul(first ^ byte, 0x01000193);
    second = Math.imul(second + byte, 0x5bd1e995) ^ (second >>> 15);
  }
  return (first >>> 0) * 0x20_0000 + (second >>> 11);
}

export interface StepOutput {
  readonly slot: number;
  readonly dtype: number;
  /** Null when the rank is unknown. */
  readonly shape: readonly number[] | null;
  readonly bytes: number;
}
