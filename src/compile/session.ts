import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { EXIT, UserError, messageOf } from '../model/errors.js';
import type { Graph } from './graph.js';
import { encodeSavedModel } from './graph-proto.js';
import type { Backend, Tensor } from './tfjs.js';

/** Protocol messages end at 2 GiB. */
const LARGEST_BYTES = 2 ** 31 - 1;

/** Writes a graph as a SavedModel directory. @throws UserError when it is too large or the folder cannot be written */
export function writeSavedModelFiles(graph: Graph, directory: string): number {
  const bytes = encodeSavedModel(graph);
  if (bytes.byteLength > LARGEST_BYTES) {
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

export interface SessionTimes {
  readonly writeNanos: number;
  readonly loadNanos: number;
}

/** A loaded graph: one native session, run by one call. */
export class GraphSession {
  readonly times: SessionTimes;
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
  constructor(backend: Backend, graph: Graph, kept?: string) {
    const directory = kept ?? mkdtempSync(path.join(tmpdir(), `inferscope-graph-${process.pid}-`));
    try {
      const started = performance.now();
      this.graphBytes = writeSavedModelFiles(graph, directory);
      const written = performance.now();
      this.#id = load(backend, directory);
      this.times = { writeNanos: Math.round((written - started) * 1e6), loadNanos: Math.round((performance.now() - written) * 1e6) };
    } finally {
      if (kept === undefined) rmSync(directory, { recursive: true, force: true });
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
    throw new UserError(`TensorFlow does not load the traced graph: ${messageOf(error)}. Run this model without tracing.`, EXIT.badInput, { cause: error });
  }
}
