import type { GraphModel } from '../compile/tfjs.js';
import { isTensor } from '../compile/tfjs.js';
import { writeEmbeddedModel } from '../compile/write-embedded.js';
import type { WrittenModel } from '../compile/write-saved-model.js';
import { writeSavedModel } from '../compile/write-saved-model.js';
import { EXIT, UserError } from '../model/errors.js';
import { loadModel } from '../runtime/load.js';
import type { LoadOptions } from '../runtime/options.js';
import type { GraphContext, LayersContext } from '../runtime/variants/context.js';
import { openTensorFlow } from './tensorflow-session.js';

export interface CompileModelOptions extends Omit<LoadOptions, 'tf'> {
  /** The graph is for the inputs' shapes only; otherwise the batch stays open. */
  readonly fixedBatch?: boolean;
  /** Sets of random inputs that the graph is checked on; default 3. */
  readonly checks?: number;
}

/** Smallest traced batch: with 1, operations that drop or spread a dimension of 1 would look alike. */
const TRACED_BATCH = 2;

/**
 * Writes a layers or graph model as a SavedModel, checked against operation-by-operation execution on random inputs.
 * @throws UserError when it cannot be loaded, traced or written, or differs
 */
export async function compileModel(modelPath: string, out: string, options: CompileModelOptions = {}): Promise<WrittenModel> {
  const { tf } = await openTensorFlow();
  const fixed = options.fixedBatch === true;
  const contexts: (LayersContext | GraphContext)[] = [];
  const batch = options.batch ?? (fixed ? 1 : TRACED_BATCH);
  for (let check = 0; check < Math.max(1, options.checks ?? 3); check += 1) {
    // One feed a seed: the values of each check differ.
    const loaded = await loadModel(modelPath, { ...options, tf, batch, seed: (options.seed ?? 1) + check, families: [(context) => (context.runtime === 'saved-model' || contexts.push(context), [])] });
    if (loaded.info.runtime === 'saved-model') throw new UserError(`${modelPath} is a SavedModel: it is compiled already.`, EXIT.usage);
  }
  const [context] = contexts;
  if (context === undefined) throw new UserError(`${modelPath} cannot be compiled to a graph.`, EXIT.usage);
  const model = await context.open();
  const samples = contexts.map(({ feed }) => feed.take());
  const inputs = samples.map((tensors) => tensors.filter(isTensor));
  try {
    if (context.runtime === 'graph-model' && context.asyncOnly.length > 0) return await writeEmbeddedModel(tf, model as GraphModel, out, inputs);
    return writeSavedModel(tf, model, out, inputs, { batch: fixed ? 'fixed' : 'open' });
  } finally {
    samples.forEach((tensors, index) => contexts[index]?.feed.give(tensors));
    model.dispose();
    for (const { feed } of contexts) feed.dispose();
  }
}
