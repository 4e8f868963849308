import type { NamedTensorMap, Tensor } from '@tensorflow/tfjs-node';
import type { RunnableVariant } from '../../../../model/runnable.js';
import type { Variant } from '../../../../model/variant.js';
import { explainCallError } from '../explain-error.js';
import type { Feed } from '../feed.js';
import type { Lease } from './lease.js';

/** What a model returns. */
export type Output = Tensor | Tensor[] | NamedTensorMap;

/** A variant as its family describes it; {@link runnableVariant} adds preparing, feeding, reading and freeing. */
export interface VariantSpec<Model> {
  readonly variant: Variant;
  readonly feed: Feed;
  readonly lease: Lease<Model>;
  /** One inference. `sync` frees its own intermediates, `async` resolves when it is done. */
  readonly run:
    | { readonly kind: 'sync'; readonly call: (model: Model, inputs: Tensor[]) => Output }
    | { readonly kind: 'async'; readonly call: (model: Model, inputs: Tensor[]) => Promise<Output> };
  /** Tensors that the model owns and may return as they are (weights): these are never released. */
  readonly owned?: (model: Model) => Iterable<Tensor>;
}

/**
 * Turns a description into a variant that can be called in a loop. Each call makes its inputs, runs, and frees the
 * inputs; an error of a call frees them as well.
 */
export function runnableVariant<Model>(spec: VariantSpec<Model>): RunnableVariant {
  const { feed, lease, run } = spec;
  let held: { readonly model: Model; readonly owned: ReadonlySet<unknown> } | undefined;
  const current = (): { readonly model: Model; readonly owned: ReadonlySet<unknown> } => {
    if (held === undefined) throw new Error(`${spec.variant.name}/${spec.variant.call} was called before prepare()`);
    return held;
  };
  return {
    variant: spec.variant,
    async: run.kind === 'async',
    model: () => current().model,
    prepare: async () => {
      if (held !== undefined) return;
      const model = await lease.take();
      held = { model, owned: new Set(spec.owned?.(model) ?? []) };
    },
    call: run.kind === 'sync' ? () => callSync(current().model, feed, run.call) : () => callAsync(current().model, feed, run.call),
    fetch: (result) => {
      for (const tensor of tensorsOf(result)) tensor.dataSync();
    },
    release: (result) => {
      for (const tensor of tensorsOf(result)) {
        if (held?.owned.has(tensor) !== true && !feed.keeps(tensor)) tensor.dispose();
      }
    },
    dispose: () => {
      if (held === undefined) return;
      held = undefined;
      lease.give();
    },
  };
}

function callSync<Model>(model: Model, feed: Feed, call: (model: Model, inputs: Tensor[]) => Output): Output {
  const inputs = feed.take();
  let output: Output | undefined;
  try {
    output = call(model, inputs);
    return output;
  } catch (error) {
    throw explainCallError(error, feed);
  } finally {
    giveBack(feed, inputs, output);
  }
}

async function callAsync<Model>(model: Model, feed: Feed, call: (model: Model, inputs: Tensor[]) => Promise<Output>): Promise<Output> {
  const inputs = feed.take();
  let output: Output | undefined;
  try {
    output = await call(model, inputs);
    return output;
  } catch (error) {
    throw explainCallError(error, feed);
  } finally {
    giveBack(feed, inputs, output);
  }
}

/** A model may hand an input through as its output: then it belongs to the result, and `release` frees it. */
function giveBack(feed: Feed, inputs: readonly Tensor[], output: Output | undefined): void {
  const returned = tensorsOf(output);
  feed.give(inputs.filter((input) => !returned.includes(input)));
}

/** The tensors of a result, whatever its form: one, a list, or a map by name. */
export function tensorsOf(result: unknown): readonly Tensor[] {
  if (typeof result !== 'object' || result === null) return [];
  if (Array.isArray(result)) return result as Tensor[];
  return 'dataSync' in result ? [result as Tensor] : Object.values(result as NamedTensorMap);
}
