import type { OpAttribute, RawValues } from './tfjs.js';
import type { Constant, Ref, Trace, TracedNode } from './trace-model.js';

/** Constants that differ between two traces of equal structure, by index. */
export type TraceDifference =
  { readonly kind: 'structure'; readonly what: string } | { readonly kind: 'constants'; readonly indices: readonly number[] };

/**
 * Compares two traces of the same function node by node. Equal traces give no differing constants.
 * Shapes are not compared: they follow from inputs, constants and attributes.
 */
export function compareTraces(first: Trace, second: Trace): TraceDifference {
  const what = structureDifference(first, second);
  if (what !== null) return { kind: 'structure', what };
  const indices = first.constants.flatMap((constant, index) =>
    sameConstant(constant, second.constants[index] as Constant) ? [] : [index],
  );
  return { kind: 'constants', indices };
}

function structureDifference(first: Trace, second: Trace): string | null {
  const longer = first.nodes.length >= second.nodes.length ? first : second;
  for (const [index] of longer.nodes.entries()) {
    const [a, b] = [first.nodes[index], second.nodes[index]];
    if (a === undefined || b === undefined || a.op !== b.op)
      return `operation ${index} is ${a?.op ?? 'missing'}, then ${b?.op ?? 'missing'}`;
    const attribute = differentAttribute(a, b);
    if (attribute !== null) return `the attribute ${attribute} of ${a.op} changes`;
    if (!sameRefs(a.inputs, b.inputs)) return `${a.op} takes other inputs`;
  }
  if (first.constants.length !== second.constants.length) return 'the number of constants changes';
  if (!sameRefs(first.outputs, second.outputs)) return 'the outputs come from other operations';
  return JSON.stringify(first.result) === JSON.stringify(second.result) ? null : 'the form of the result changes';
}

const INT = 1;

function differentAttribute(a: TracedNode, b: TracedNode): string | null {
  // An integer given with decimals (a random seed below 1) is cut by the binding.
  const seen = ({ type, value }: OpAttribute): string =>
    JSON.stringify(type === INT && typeof value === 'number' ? Math.trunc(value) : value);
  const found = a.attrs.find((attr, index) => {
    const other = b.attrs[index];
    return other === undefined || other.name !== attr.name || seen(attr) !== seen(other);
  });
  return found?.name ?? (a.attrs.length === b.attrs.length ? null : (b.attrs[a.attrs.length]?.name ?? 'list'));
}

const sameRefs = (a: readonly Ref[], b: readonly Ref[]): boolean => JSON.stringify(a) === JSON.stringify(b);

export function sameConstant(a: Constant, b: Constant): boolean {
  if (a.id === b.id) return true;
  return a.dtype === b.dtype && a.shape.join() === b.shape.join() && sameValues(a.values, b.values);
}

function sameValues(a: RawValues, b: RawValues): boolean {
  if (Array.isArray(a) || Array.isArray(b)) {
    return (
      Array.isArray(a) &&
      Array.isArray(b) &&
      a.length === b.length &&
      a.every((bytes, index) => Buffer.compare(bytes, b[index] ?? bytes) === 0)
    );
  }
  return Buffer.compare(bytesOf(a), bytesOf(b)) === 0;
}

const bytesOf = (values: Exclude<RawValues, Uint8Array[]>): Uint8Array =>
  new Uint8Array(values.buffer, values.byteOffset, values.byteLength);
