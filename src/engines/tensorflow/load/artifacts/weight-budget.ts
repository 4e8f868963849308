import { AsyncLocalStorage } from 'node:async_hooks';
import { UserError } from '../../../../model/errors.js';
import type { ModelArtifacts, TensorFlow } from '../tensorflow.js';
import { bytesOf, MAX_BYTES } from '../../../../inputs/bounds.js';
import { sizeOf } from '../../../../model/shape-size.js';

interface Budget {
  readonly model: string;
  /** Values in the weight files. */
  readonly stored: number;
  asked: number;
}

const budgets = new AsyncLocalStorage<Budget>();
/** Classes whose layers ask their budget: how many loads are under way, and what puts the class back. */
const watched = new WeakMap<object, { loads: number; restore: () => void }>();

/**
 * Loads a layers model whose layers make no more weights than its files hold: a made-up number of units would have
 * tfjs allocate and initialise them all before it looks into the files. Shapes that the model fixes are held to what a
 * made-up input may be.
 *
 * @throws UserError that names the layer
 */
export async function withinStoredWeights<T>(
  tf: TensorFlow,
  { modelTopology, weightSpecs = [] }: ModelArtifacts,
  model: string,
  load: () => Promise<T>,
): Promise<T> {
  const stored = weightSpecs.reduce((sum, { shape }) => sum + sizeOf(shape), 0);
  checkFixedShapes(modelTopology, stored, model);
  const unwatch = watch(tf.layers.Layer.prototype);
  try {
    return await budgets.run({ model, stored, asked: 0 }, load);
  } finally {
    unwatch();
  }
}

type LayerPrototype = TensorFlow['layers']['Layer']['prototype'];
/** Protected in the types. */
type AddWeight = (this: { readonly name: string }, name: string, shape: readonly (number | null)[], ...rest: unknown[]) => unknown;

/** Has the layers of this class ask; other loads of the same class may be under way. */
function watch(layers: LayerPrototype): () => void {
  const held = watched.get(layers) ?? { loads: 0, restore: () => undefined };
  watched.set(layers, held);
  if (held.loads === 0) held.restore = replaceAddWeight(layers as unknown as { addWeight: AddWeight });
  held.loads += 1;
  return () => {
    held.loads -= 1;
    if (held.loads === 0) held.restore();
  };
}

function replaceAddWeight(layers: { addWeight: AddWeight }): () => void {
  const real = layers.addWeight;
  layers.addWeight = function (name, shape, ...rest) {
    ask(this.name, shape);
    return real.call(this, name, shape, ...rest);
  };
  return () => {
    layers.addWeight = real;
  };
}

/** Twice: a layer that is built again asks again. */
function ask(layer: string, shape: readonly (number | null)[]): void {
  const budget = budgets.getStore();
  if (budget === undefined) return;
  const size = sizeOf(shape.map((length) => length ?? NaN));
  budget.asked += size;
  if (size <= budget.stored && budget.asked <= 2 * budget.stored) return;
  throw new UserError(
    `The layer ${layer} of the model ${budget.model} wants weights of the shape [${shape.join(',')}], and its weight files hold ${budget.stored} values in all: copy or convert the model again.`,
  );
}

/** A stateful layer makes its state, a row of units for each row of the batch, as it is loaded. Units are in its weights, squared. */
function checkFixedShapes(topology: unknown, stored: number, model: string): void {
  const units = Math.ceil(Math.sqrt(stored));
  for (const shape of fixedShapes(topology)) {
    const state = [shape[0] ?? 1, units];
    if (
      [shape, state].every(
        (one) =>
          bytesOf(
            'float32',
            one.map((length) => (typeof length === 'number' ? length : 1)),
          ) <= MAX_BYTES,
      )
    )
      continue;
    throw new UserError(
      `The model ${model} fixes the shape of an input to [${shape.join(',')}], which is too large to run: convert or copy the model again.`,
    );
  }
}

/** Every `batch_input_shape` of a topology, nested models included; without recursion, because a made-up one may be deep. */
function fixedShapes(topology: unknown): (readonly unknown[])[] {
  const found: (readonly unknown[])[] = [];
  const open: unknown[] = [topology];
  for (let value = open.pop(); value !== undefined; value = open.pop()) {
    if (typeof value !== 'object' || value === null) continue;
    const { batch_input_shape: shape } = value as { batch_input_shape?: unknown };
    if (Array.isArray(shape)) found.push(shape);
    for (const one of Object.values(value)) if (one !== undefined) open.push(one);
  }
  return found;
}
