import type { GraphModel, LayersModel } from '@tensorflow/tfjs-node';
import type { TFSavedModel } from '@tensorflow/tfjs-node/dist/saved_model.js';
import type { ModelInfo } from '../../../../model/recording.js';
import type { RunnableVariant } from '../../../../model/runnable.js';
import type { Feed } from '../feed.js';
import type { TensorFlow } from '../tensorflow.js';
import type { InputOptions } from '../../../../inputs/input-options.js';

/** What every family of variants gets. */
export interface CommonContext {
  readonly tf: TensorFlow;
  readonly info: ModelInfo;
  readonly feed: Feed;
  /** Another set of inputs for the same model. The caller disposes it. */
  feedWith(options: InputOptions): Feed;
  /** Told to the user; a variant's `prepare` may add to it. */
  readonly notes: string[];
}

/** `open` gives a new, uncompiled copy of the model each time: variants do not disturb each other. */
export interface LayersContext extends CommonContext {
  readonly runtime: 'layers-model';
  open(): Promise<LayersModel>;
  /** How the model was compiled when it was saved, when the file tells. */
  readonly training: SavedTraining | null;
}

/** The training configuration of a file, in the words that `loadTrainingConfig` of tfjs takes. */
export type SavedTraining = Readonly<Record<string, unknown>>;

export interface GraphContext extends CommonContext {
  readonly runtime: 'graph-model';
  open(): Promise<GraphModel>;
  /** Operations that only the asynchronous executor can run; empty when the graph has none. */
  readonly asyncOnly: readonly string[];
}

export interface SavedModelContext extends CommonContext {
  readonly runtime: 'saved-model';
  /** tfjs-node keeps one session for all that load the same folder, unless an `own` one is asked for. */
  open(session: 'shared' | 'own'): Promise<TFSavedModel>;
  /** False for a model passed as an object: its owner closes it. */
  readonly closes: boolean;
}

export type VariantContext = LayersContext | GraphContext | SavedModelContext;

/** Variants that belong together: one file each, listed in `table.ts`. A family gives none for other runtimes. */
export type VariantFamily = (context: VariantContext) => readonly RunnableVariant[];
