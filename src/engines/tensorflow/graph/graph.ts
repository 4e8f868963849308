import type { GraphAttribute } from './attributes.js';

/** A node of a GraphDef or of a function body. Inputs are in the notation of where it stands. */
export interface GraphNode {
  readonly name: string;
  readonly op: string;
  readonly inputs: readonly string[];
  readonly attributes: readonly GraphAttribute[];
}

export interface GraphArgument {
  readonly name: string;
  readonly dtype: number;
  /** -1 stands for an unknown dimension, null for an unknown rank. */
  readonly shape: readonly number[] | null;
  /** `node:0` for a graph's input or output. */
  readonly tensor: string;
}

export interface GraphFunction {
  readonly name: string;
  readonly inputs: readonly { readonly name: string; readonly dtype: number }[];
  readonly outputs: readonly { readonly name: string; readonly dtype: number; readonly tensor: string }[];
  readonly nodes: readonly GraphNode[];
  readonly stateful: boolean;
  readonly attributes: readonly GraphAttribute[];
}

/** What is written: one graph, its functions, and what is fed and fetched. */
export interface Graph {
  readonly nodes: readonly GraphNode[];
  readonly functions: readonly GraphFunction[];
  readonly inputs: readonly GraphArgument[];
  readonly outputs: readonly GraphArgument[];
}
