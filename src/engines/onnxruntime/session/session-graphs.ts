import type { OnnxGraph } from '../load/graph.js';
import { isRecord } from '../../../model/is-record.js';
import type { ModelSource } from '../seams/library.js';
import { lookUpGraph, type GraphLookup } from './graph-lookup.js';
import { graphOptionsOf } from './helper-session.js';

export interface SessionGraphsOptions {
  /**
   * The main file of `onnxruntime-node`, with which a process of its own makes each session once more, to learn what fused kernels
   * hold and the shapes of packed weights. Absent: only what the model's own file tells.
   */
  readonly entry?: string;
  /** The model that is measured: what sessions of other files run was made of it. */
  readonly original?: () => string | undefined;
  /** Told why something of a graph is not known. */
  readonly tell: (sentence: string) => void;
}

/** Of the session. */
export const optionsOf = ({ options }: ModelSource): Readonly<Record<string, unknown>> => (isRecord(options) ? options : {});

/** Graphs that are remembered: a program that loads models for ever keeps no more. */
const MAX_GRAPHS = 64;

/** The graphs that sessions run, each looked at once. */
export class SessionGraphs {
  /** By file and options, so that no session is made again twice. */
  readonly #graphs = new Map<string, GraphLookup>();
  readonly #unseen = new Set<Promise<void>>();

  constructor(private readonly options: SessionGraphsOptions) {}

  of(source: ModelSource, options: Readonly<Record<string, unknown>>): GraphLookup {
    const key = source.kind === 'path' ? `${source.path} ${JSON.stringify(graphOptionsOf(options))}` : null;
    const known = key === null ? undefined : this.#graphs.get(key);
    if (known !== undefined) return known;
    const { entry, tell } = this.options;
    const measured = this.options.original?.();
    const original = source.kind === 'path' && source.path !== measured ? measured : undefined;
    const graph = lookUpGraph(source, { options, entry, original });
    if (key !== null && this.#graphs.size < MAX_GRAPHS) this.#graphs.set(key, graph);
    const seen = graph.seen.then((unknown) => {
      if (unknown !== null) tell(unknown);
      this.#unseen.delete(seen);
    });
    this.#unseen.add(seen);
    return graph;
  }

  /** Looks at the graph that a session of this file will run, before it is made. @returns undefined where it is not known */
  async prepare(file: string, options: object): Promise<OnnxGraph | undefined> {
    const { seen, graph } = this.of({ kind: 'path', path: file, options }, options as Readonly<Record<string, unknown>>);
    await seen;
    return graph();
  }

  /** Resolves when the graphs of all sessions that were asked for until now are known, or cannot be. */
  async seen(): Promise<void> {
    await Promise.all(this.#unseen);
  }
}
