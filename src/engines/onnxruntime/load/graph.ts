/** What an ONNX file says of its graph; weights stay in the file. https://github.com/onnx/onnx/blob/main/onnx/onnx.proto */

/** A tensor that the model holds. */
export interface OnnxTensor {
  readonly name: string;
  readonly dtype: string;
  readonly shape: readonly number[];
  /** Its values where they are few and whole or single-precision; undefined for all others. */
  readonly values?: readonly number[];
  /** File of its values, relative to the model, where they lie outside. */
  readonly file?: string;
}

export type OnnxAttribute =
  | { readonly kind: 'number'; readonly value: number }
  | { readonly kind: 'numbers'; readonly value: readonly number[] }
  | { readonly kind: 'text'; readonly value: string }
  /** The first of them: a vocabulary may be long. */
  | { readonly kind: 'texts'; readonly value: readonly string[] }
  | { readonly kind: 'tensor'; readonly value: OnnxTensor }
  | { readonly kind: 'graphs'; readonly value: readonly OnnxGraph[] }
  | { readonly kind: 'other' };

export interface OnnxNode {
  readonly name: string;
  readonly op: string;
  /** Empty for ONNX's own operations. */
  readonly domain: string;
  /** Names of tensors; an empty one is left out. */
  readonly inputs: readonly string[];
  readonly outputs: readonly string[];
  readonly attributes: ReadonlyMap<string, OnnxAttribute>;
}

/** An input or output. */
export interface OnnxValue {
  readonly name: string;
  /** `tensor`, or what it is instead: `sequence`, `map`, `optional`, `sparse tensor`. */
  readonly kind: string;
  readonly dtype: string;
  /** Lengths; a free one is its name, or an empty text where it has none. Null where not even their number is told. */
  readonly shape: readonly (number | string)[] | null;
}

export interface OnnxGraph {
  readonly name: string;
  readonly nodes: readonly OnnxNode[];
  /** Without those that have an initialiser: these are weights. */
  readonly inputs: readonly OnnxValue[];
  readonly outputs: readonly OnnxValue[];
  readonly initialisers: ReadonlyMap<string, OnnxTensor>;
}

/** What an ONNX file says of itself. */
export interface OnnxModel {
  readonly irVersion: number;
  /** `pytorch 2.1.0`; empty where it does not tell. */
  readonly producer: string;
  /** Version of each domain's operations; ONNX's own domain is empty. */
  readonly opsets: ReadonlyMap<string, number>;
  readonly graph: OnnxGraph;
}

/** Bodies of `If`, `Loop` and `Scan`, by attribute. */
export const bodiesOf = ({ attributes }: OnnxNode): readonly (readonly [attribute: string, graph: OnnxGraph])[] =>
  [...attributes].flatMap(([name, attribute]) =>
    attribute.kind === 'graphs' ? attribute.value.map((graph): readonly [string, OnnxGraph] => [name, graph]) : [],
  );

/** All graphs of a model, the outer first. */
export const allGraphs = (graph: OnnxGraph): readonly OnnxGraph[] => [
  graph,
  ...graph.nodes.flatMap(bodiesOf).flatMap(([, body]) => allGraphs(body)),
];
