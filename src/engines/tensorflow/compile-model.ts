import type { GraphModel } from './graph/tfjs.js';
import { isTensor } from './graph/tfjs.js';
import { topologyOf } from './graph/topology.js';
import { writeEmbeddedModel } from './graph/write-embedded.js';
import { mayGoAnotherWay, wholeNote } from './graph/whole-graph.js';
import type { WrittenModel } from './graph/write-saved-model.js';
import { writeSavedModel } from './graph/write-saved-model.js';
import { EXIT, reasonLine, UserError } from '../../model/errors.js';
import { given } from '../../model/given.js';
import { explainCallError } from './load/explain-error.js';
import type { Feed } from './load/feed.js';
import { loadModel } from './load/load.js';
import type { LoadOptions } from './load/options.js';
import type { TensorFlow } from './load/tensorflow.js';
import type { GraphContext, LayersContext } from './load/variants/context.js';
import { openTensorFlow } from './open.js';

export interface CompileModelOptions extends Omit<LoadOptions, 'tf'> {
  /** The graph is for the inputs' shapes only; otherwise the batch stays open where it can. */
  readonly fixedBatch?: boolean;
  /** Sets of random inputs that the graph is checked on; default 3. */
  readonly checks?: number;
}

export interface CompiledModel extends WrittenModel {
  /** What the graph takes, and what the user should know about it. */
  readonly notes: readonly string[];
}

/** Smallest traced batch: with 1, operations that drop or spread a dimension of 1 would look alike. */
const TRACED_BATCH = 2;

/**
 * Writes a layers or graph model as a SavedModel, checked against operation-by-operation execution on random inputs.
 * The batch stays open where the model leaves it open and its graph can be one for all; otherwise the graph keeps the
 * shapes that it was checked with, and `notes` say so.
 * @throws UserError when it cannot be loaded, traced or written, or differs
 */
export async function compileModel(modelPath: string, out: string, options: CompileModelOptions = {}): Promise<CompiledModel> {
  const { tf } = await openTensorFlow();
  const contexts: (LayersContext | GraphContext)[] = [];
  const { info, dispose } = await loadModel(modelPath, {
    ...options,
    tf,
    families: [(one) => (one.runtime === 'saved-model' || contexts.push(one), [])],
  });
  const [context] = contexts;
  if (info.runtime === 'saved-model') throw new UserError(`${modelPath} is a SavedModel: it is compiled already.`, EXIT.usage);
  if (context === undefined) throw new UserError(`${modelPath} cannot be compiled to a graph.`, EXIT.usage);
  const model = await context.open();
  try {
    return await firstThatWorks({ tf, context, model: model as GraphModel, out, options, path: modelPath });
  } finally {
    model.dispose();
    dispose();
  }
}

interface Job {
  readonly tf: TensorFlow;
  readonly context: LayersContext | GraphContext;
  readonly model: GraphModel;
  readonly out: string;
  readonly options: CompileModelOptions;
  readonly path: string;
}

/** `open`: one graph for every batch; `whole`: a graph model's own graph, node by node; `fixed`: for these shapes only. */
type Way = 'open' | 'whole' | 'fixed';

async function firstThatWorks(job: Job): Promise<CompiledModel> {
  let failed: unknown;
  let reason: string | null = null;
  for (const way of waysOf(job)) {
    try {
      const written = await write(job, way);
      return { ...written, notes: notesOf(job, way, reason) };
    } catch (error) {
      if (!mayGoAnotherWay(error)) throw error;
      failed = error;
      reason ??= reasonLine(error);
    }
  }
  const explained = explainCallError(failed, job.context.feed);
  if (explained instanceof UserError) throw explained;
  throw new UserError(`The model ${job.path} does not run: ${reasonLine(failed)}.`, EXIT.badInput, { cause: failed });
}

/** In the order of how much of the model's freedom they keep. */
function waysOf({ context, model, options }: Job): Way[] {
  const graph = context.runtime === 'graph-model' && topologyOf(model) !== null;
  if (context.runtime === 'graph-model' && context.asyncOnly.length > 0) return ['whole'];
  if (options.fixedBatch === true) return ['fixed'];
  const open: Way[] = batchIsOpen(context) ? ['open'] : [];
  if (!graph) return [...open, 'fixed'];
  return hasOpenSizes(context) ? ['whole', ...open, 'fixed'] : [...open, 'whole', 'fixed'];
}

/** Every input but scalars has an unknown first dimension. */
function batchIsOpen({ info, feed }: Job['context']): boolean {
  const shaped = info.inputs.filter((_, at) => (feed.arrays[at]?.shape.length ?? 0) > 0);
  return shaped.length > 0 && shaped.every(({ shape }) => shape[0] === -1);
}

/** A dimension other than the first is unknown: tracing would fix it. */
const hasOpenSizes = ({ info, feed }: Job['context']): boolean =>
  info.inputs.some(({ shape }, at) => shape.length !== feed.arrays[at]?.shape.length || shape.slice(1).includes(-1));

/** Sets of inputs that differ in their values; the caller gives them back. */
function feedsOf({ context, options }: Job, way: Way): Feed[] {
  const wanted = options.batch ?? (way !== 'fixed' && options.inputs === undefined && batchIsOpen(context) ? TRACED_BATCH : undefined);
  return Array.from({ length: Math.max(1, options.checks ?? 3) }, (_, check) =>
    context.feedWith({ seed: (options.seed ?? 1) + check, ...given({ batch: wanted }) }),
  );
}

async function write(job: Job, way: Way): Promise<WrittenModel> {
  const { tf, model, out } = job;
  const feeds = feedsOf(job, way);
  const samples = feeds.map((feed) => feed.take());
  const inputs = samples.map((tensors) => tensors.filter(isTensor));
  try {
    if (way === 'whole') return await writeEmbeddedModel(tf, model, out, inputs);
    return writeSavedModel(tf, model, out, inputs, { batch: way });
  } finally {
    samples.forEach((tensors, index) => feeds[index]?.give(tensors));
    for (const feed of feeds) feed.dispose();
  }
}

function notesOf({ context, options }: Job, way: Way, reason: string | null): string[] {
  const { feed, notes } = context;
  const fixed =
    way === 'fixed' && options.fixedBatch !== true
      ? [`The graph takes ${feed.signature} only${reason === null ? '' : ` (${reason})`}.`]
      : [];
  const sizes =
    way === 'open' && hasOpenSizes(context)
      ? [`The graph takes every batch of ${feed.signature}, and no other size; compile again with --shape for another.`]
      : [];
  const whole = way === 'whole' && reason !== null ? [wholeNote(reason)] : [];
  return [...fixed, ...sizes, ...whole, ...notes];
}
