import type { GraphAttribute } from './attributes.js';
import type { Graph, GraphArgument, GraphNode } from './graph.js';
import type { BodyTensors } from './graph-body.js';
import { graphBody, inFunction, inGraph } from './graph-body.js';
import type { Trace } from './trace-model.js';

/**
 * `flat`: the operations stand in the graph itself. `xla`: they are the body of one function that the graph calls, and
 * attributes of the call and of the function have it compiled.
 */
export type GraphLayout = 'flat' | 'xla';

/** Names of inputs and outputs in the signature, in order. */
export interface GraphNames {
  readonly inputs: readonly string[];
  readonly outputs: readonly string[];
}

const FUNCTION_NAME = 'traced';

/**
 * The graph of a trace: placeholders, constants and operations with complete attributes.
 * @throws UserError when an operation cannot be written
 */
export function buildGraph(trace: Trace, names: GraphNames, layout: GraphLayout): Graph {
  const inputs = trace.inputs.map((type, index) => ({ ...type, name: names.inputs[index] ?? `input_${index}`, tensor: `feed_${index}:0` }));
  const placeholders = inputs.map(({ dtype, shape }, index) => placeholder(`feed_${index}`, dtype, shape));
  const feeds = placeholders.map(({ name }) => name);
  const made = layout === 'flat' ? flat(trace, feeds) : called(trace, feeds);
  const outputs = trace.outputTypes.map((type, index): GraphArgument => {
    const tensor = made.outputs[index] ?? '';
    return { ...type, name: names.outputs[index] ?? `output_${index}`, tensor: tensor.includes(':') ? tensor : `${tensor}:0` };
  });
  return { nodes: [...placeholders, ...made.nodes], functions: made.functions, inputs, outputs };
}

interface Made extends BodyTensors {
  readonly functions: Graph['functions'];
}

const flat = (trace: Trace, feeds: readonly string[]): Made => ({ ...graphBody(trace, inGraph, feeds), functions: [] });

function called(trace: Trace, feeds: readonly string[]): Made {
  const parameters = trace.inputs.map(({ dtype }, index) => ({ name: `arg_${index}`, dtype }));
  const body = graphBody(
    trace,
    inFunction,
    parameters.map(({ name }) => name),
  );
  const returned = trace.outputTypes.map(({ dtype }, index) => ({ name: `ret_${index}`, dtype, tensor: body.outputs[index] ?? '' }));
  const attributes: GraphAttribute[] = [
    { name: 'Tin', type: 'list(type)', value: trace.inputs.map(({ dtype }) => dtype) },
    { name: 'Tout', type: 'list(type)', value: trace.outputTypes.map(({ dtype }) => dtype) },
    { name: 'f', type: 'func', value: FUNCTION_NAME },
    { name: '_XlaMustCompile', type: 'bool', value: true },
  ];
  const call: GraphNode = { name: 'call', op: body.stateful ? 'StatefulPartitionedCall' : 'PartitionedCall', inputs: feeds, attributes };
  const functionAttributes: GraphAttribute[] = [
    // Inlined into the graph, the body would run on the graph's executor again.
    { name: '_noinline', type: 'bool', value: true },
    { name: '_XlaMustCompile', type: 'bool', value: true },
  ];
  return {
    nodes: [call],
    outputs: returned.map((_, index) => (index === 0 ? 'call' : `call:${index}`)),
    stateful: body.stateful,
    functions: [
      {
        name: FUNCTION_NAME,
        inputs: parameters,
        outputs: returned,
        nodes: body.nodes,
        stateful: body.stateful,
        attributes: functionAttributes,
      },
    ],
  };
}

const placeholder = (name: string, dtype: number, shape: readonly number[]): GraphNode => ({
  name,
  op: 'Placeholder',
  inputs: [],
  attributes: [
    { name: 'dtype', type: 'type', value: dtype },
    { name: 'shape', type: 'shape', value: shape },
  ],
});
