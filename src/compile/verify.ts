import { UserError } from '../model/errors.js';
import { isRandom } from './graph-body.js';
import type { Backend, RawValues, Tensor } from './tfjs.js';
import type { Ref, Trace } from './trace-model.js';

/** Largest accepted difference: `absolute + relative × largest magnitude of the expected output`. */
export interface Tolerance {
  readonly absolute: number;
  readonly relative: number;
}

/** TensorFlow may fuse and reorder float sums in a graph; XLA does so more. Integers, booleans and strings must be equal. */
export const GRAPH_TOLERANCE: Tolerance = { absolute: 1e-6, relative: 1e-4 };
export const XLA_TOLERANCE: Tolerance = { absolute: 1e-5, relative: 1e-3 };

/**
 * Checks the graph's outputs against those of operation-by-operation execution.
 * Outputs that depend on random operations are compared by type and shape only; with `types` all are.
 * @returns the largest difference of any float output
 * @throws UserError beyond the tolerance
 */
export function verifyOutputs(
  backend: Backend,
  trace: Pick<Trace, 'nodes' | 'outputs'>,
  expected: readonly Tensor[],
  actual: readonly Tensor[],
  tolerance: Tolerance,
  check: 'values' | 'types' = 'values',
): number {
  const random = randomNodes(trace);
  const differences = expected.map((want, index) => {
    const got = actual[index];
    if (got === undefined || got.dtype !== want.dtype || got.shape.join() !== want.shape.join()) {
      const found = got === undefined ? 'nothing' : `${got.dtype}[${got.shape.join()}]`;
      throw new UserError(`The traced graph gives ${found} for output ${index}, not ${want.dtype}[${want.shape.join()}]: it is not used. Run this model without tracing.`);
    }
    const ref = trace.outputs[index];
    if (check === 'types' || (ref !== undefined && dependsOn(ref, random))) return 0;
    return compareValues(valuesOf(backend, want), valuesOf(backend, got), tolerance, index);
  });
  return Math.max(0, ...differences);
}

function valuesOf(backend: Backend, tensor: Tensor): RawValues {
  const [id] = backend.getInputTensorIds([tensor]);
  return backend.binding.tensorDataSync(id ?? -1);
}

function compareValues(want: RawValues, got: RawValues, tolerance: Tolerance, output: number): number {
  if (!(want instanceof Float32Array) || !(got instanceof Float32Array)) {
    if (JSON.stringify(plain(want)) === JSON.stringify(plain(got))) return 0;
    throw new UserError(`The traced graph gives other values than operation-by-operation execution for output ${output}: it is not used. Run this model without tracing.`);
  }
  const { largest, scale, accepted } = floatDifference(want, got, tolerance);
  if (accepted) return largest;
  throw new UserError(
    `The traced graph differs from operation-by-operation execution by up to ${largest.toPrecision(3)} in output ${output} (largest value ${scale.toPrecision(3)}): it is not used. Run this model without tracing.`,
  );
}

/** How far two lists of floats of the same length are apart, the largest magnitude of `want`, and whether that is accepted. */
export function floatDifference(want: ArrayLike<number>, got: ArrayLike<number>, tolerance: Tolerance): { largest: number; scale: number; accepted: boolean } {
  let largest = 0;
  let scale = 0;
  for (let index = 0; index < want.length; index += 1) {
    const [a, b] = [want[index] ?? 0, got[index] ?? 0];
    if (Number.isFinite(a)) scale = Math.max(scale, Math.abs(a));
    if (Object.is(a, b) || a === b) continue;
    const difference = Math.abs(a - b);
    largest = Math.max(largest, Number.isNaN(difference) ? Infinity : difference);
  }
  return { largest, scale, accepted: largest <= tolerance.absolute + tolerance.relative * scale };
}

function plain(values: RawValues): unknown {
  if (Array.isArray(values)) return values.map((bytes) => Buffer.from(bytes).toString('hex'));
  return Array.from(values as ArrayLike<number | bigint>, String);
}

/** Nodes whose result differs from run to run. */
function randomNodes(trace: Pick<Trace, 'nodes'>): ReadonlySet<number> {
  const found = new Set<number>();
  trace.nodes.forEach((node, index) => {
    if (isRandom(node.op) || node.inputs.some((ref) => dependsOn(ref, found))) found.add(index);
  });
  return found;
}

const dependsOn = (ref: Ref, nodes: ReadonlySet<number>): boolean => ref.from === 'node' && nodes.has(ref.node);
