import type { InProcessEngine, ModelOptions } from '../engines/engine.js';
import type { ExistingFolder } from '../runs/own-folder.js';
import type { AskedLoad, RisingLoad } from './load/arrivals.js';
import type { Traffic } from './trials/traffic.js';
import type { LoopOptions } from './call-loop.js';

export interface ProfileOptions extends ModelOptions {
  /** What runs the model; default: the engine that its files are for. */
  readonly engine?: InProcessEngine;
  /** Backend of tfjs; default native TensorFlow, or what the project has of `wasm` and `cpu` where it has no tfjs-node. */
  readonly backend?: string;
  /** Variants to run: `name`, `name/call` or a call; default all. */
  readonly variants?: readonly string[];
  /** Measured calls per variant. */
  readonly calls?: number;
  /** Seconds of measured calls per variant. */
  readonly duration?: number;
  readonly warmup?: number;
  /** Run folder; default a new one under `profiles/`. */
  readonly out?: string;
  /** A run that is in the folder already: refuse (default), or replace it whole. */
  readonly existing?: ExistingFolder;
  readonly level?: 'stages' | 'kernels';
  /** Of a SavedModel: what TensorFlow's graph optimiser did before the first run, seen in a process of its own. */
  readonly graphPasses?: boolean;
  /** Shorter, and without the controls that show how far the figures can be trusted; the report says so. */
  readonly quick?: boolean;
  /**
   * Batch sizes that a program gets, with their calls between two starts: padding them, and an open batch, are tried on the traced
   * graph.
   */
  readonly traffic?: readonly Traffic[];
  /** Requests that come at a rate, or from several callers at once: the baseline and the fastest variant answer them after the run. */
  readonly load?: AskedLoad | RisingLoad;
  /** `none`: the run folder holds the recording alone, for runs whose folder nobody will look into. */
  readonly reports?: 'write' | 'none';
  /** `none`: without controls, for runs that are put together with others and judged there. */
  readonly controls?: 'run' | 'none';
  /** Calls each variant some more with V8 sampled, to show JavaScript functions; these calls are in no other figure. */
  readonly js?: boolean;
  readonly onProgress?: LoopOptions['onProgress'];
  readonly signal?: AbortSignal;
}
