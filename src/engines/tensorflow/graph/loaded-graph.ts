import { mkdirSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { EXIT, UserError, messageOf } from '../../../model/errors.js';
import { givenOrScratch } from '../../scratch-folder.js';
import type { Graph } from './graph.js';
import { encodeSavedModel } from './graph-proto.js';
import type { SessionLoader, SessionThreads } from './options.js';
import { PhaseClock } from './phase-clock.js';
import type { Backend, Tensor } from './tfjs.js';

/** Protocol messages end at 2 GiB. */
const MAX_BYTES = 2 ** 31 - 1;

/** Writes a graph as a SavedModel directory. @throws UserError when it is too large or the folder cannot be written */
export function writeSavedModelFiles(graph: Graph, directory: string): number {
  const bytes = encodeSavedModel(graph);
  if (bytes.byteLength > MAX_BYTES) {
    throw new UserError(`The graph is ${bytes.byteLength} bytes with its weights; a SavedModel file ends at 2 GiB. Split the model.`);
  }
  try {
    mkdirSync(path.join(directory, 'variables'), { recursive: true });
    writeFileSync(path.join(directory, 'saved_model.pb'), bytes);
  } catch (error) {
    throw new UserError(`Cannot write the SavedModel to ${directory}: ${messageOf(error)}.`, EXIT.io, { cause: error });
  }
  return bytes.byteLength;
}

export interface LoadSettings {
  readonly kept?: string | undefined;
  readonly phases?: PhaseClock | undefined;
  readonly loader?: SessionLoader | undefined;
  readonly threads?: SessionThreads | undefined;
}

/** A loaded graph: one native session, run by one call. */
export class LoadedGraph {
  readonly graphBytes: number;
  readonly #backend: Backend;
  readonly #id: number;
  readonly #inputNames: string;
  readonly #outputNames: string;
  #open = true;

  /**
   * @param kept folder to write to and keep; without one a temporary folder is used and removed at once
   * @throws UserError when TensorFlow refuses the graph
   */
  constructor(backend: Backend, graph: Graph, { kept, phases, loader, threads }: LoadSettings = {}) {
    const { path: directory, remove } = givenOrScratch(kept, 'graph');
    const clock = phases ?? new PhaseClock();
    try {
      this.graphBytes = clock.run('writing', () => writeSavedModelFiles(graph, directory));
      const plain = (): number => load(backend, directory);
      this.#id = clock.run('loading', () => (loader === undefined || threads === undefined ? plain() : loader(threads, plain)));
    } finally {
      remove();
    }
    this.#backend = backend;
    this.#inputNames = graph.inputs.map(({ tensor }) => tensor).join();
    this.#outputNames = graph.outputs.map(({ tensor }) => tensor).join();
  }

  /** One session call. The results belong to the caller. */
  run(inputs: readonly Tensor[]): Tensor[] {
    const backend = this.#backend;
    const results = backend.binding.runSavedModel(this.#id, backend.getInputTensorIds(inputs), this.#inputNames, this.#outputNames);
    return results.map((result) => backend.createOutputTensor(result));
  }

  dispose(): void {
    if (!this.#open) return;
    this.#open = false;
    this.#backend.binding.deleteSavedModel(this.#id);
  }
}

function load(backend: Backend, directory: string): number {
  try {
    return backend.binding.loadSavedModel(directory, 'serve');
  } catch (error) {
    throw new UserError(`TensorFlow does not load the traced graph: ${messageOf(error)}. Run this model without tracing.`, EXIT.badInput, {
      cause: error,
    });
  }
}
