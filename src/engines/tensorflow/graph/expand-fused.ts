/**
 * Fused operations of converted graph models, taken apart: some of them exist in tfjs alone, and TensorFlow fuses again
 * what it can.
 */
import { UserError } from '../../../model/errors.js';
import type { JsonAttribute, JsonNode } from './topology.js';

const BASES: Readonly<Record<string, string>> = {
  _FusedConv2D: 'Conv2D',
  _FusedMatMul: 'MatMul',
  FusedDepthwiseConv2dNative: 'DepthwiseConv2dNative',
};
const ACTIVATIONS = new Set(['Relu', 'Relu6', 'Elu', 'Tanh', 'Sigmoid']);
/** Inputs of the operation itself; those after them belong to what is fused. */
const OWN_INPUTS = 2;

/** The nodes that stand for this one; the last has its name. `output` writes the first output of a node. */
export function expandFused(node: JsonNode, output: (node: JsonNode) => string): JsonNode[] {
  const type = node.attr?.['T'] ?? { type: 'DT_FLOAT' };
  const [x = '', alpha = ''] = node.input ?? [];
  if (node.op === 'Prelu') return prelu(node.name, x, alpha, type, output);
  const base = BASES[node.op];
  if (base === undefined) return [node];
  const inputs = (node.input ?? []).filter((input) => !input.startsWith('^'));
  const further = inputs.slice(OWN_INPUTS);
  const steps = (node.attr?.['fused_ops']?.list?.['s'] ?? []).map((step) => Buffer.from(String(step), 'base64').toString());
  const nodes: JsonNode[] = [
    { name: steps.length === 0 ? node.name : `${node.name}/fused`, op: base, input: inputs.slice(0, OWN_INPUTS), attr: node.attr ?? {} },
  ];
  steps.forEach((step, index) => {
    const name = index === steps.length - 1 ? node.name : `${node.name}/fused_${index + 1}`;
    const before = output(nodes[nodes.length - 1] as JsonNode);
    nodes.push(...fusedStep({ step, name, before, type, attr: node.attr ?? {} }, () => further.shift() ?? '', output));
  });
  return nodes;
}

interface Step {
  readonly step: string;
  readonly name: string;
  readonly before: string;
  readonly type: JsonAttribute;
  readonly attr: Readonly<Record<string, JsonAttribute>>;
}

function fusedStep({ step, name, before, type, attr }: Step, argument: () => string, output: (node: JsonNode) => string): JsonNode[] {
  if (step === 'BiasAdd')
    return [
      {
        name,
        op: 'BiasAdd',
        input: [before, argument()],
        attr: { T: type, ...(attr['data_format'] === undefined ? {} : { data_format: attr['data_format'] }) },
      },
    ];
  if (step === 'Prelu') return prelu(name, before, argument(), type, output);
  if (step === 'LeakyRelu')
    return [{ name, op: 'LeakyRelu', input: [before], attr: { T: type, alpha: attr['leakyrelu_alpha'] ?? { f: 0.2 } } }];
  if (ACTIVATIONS.has(step)) return [{ name, op: step, input: [before], attr: { T: type } }];
  throw new UserError(`The fused operation ${step} of the model cannot be put into a TensorFlow graph.`);
}

/** relu(x) − alpha × relu(−x). */
function prelu(name: string, x: string, alpha: string, type: JsonAttribute, output: (node: JsonNode) => string): JsonNode[] {
  const make = (suffix: string, op: string, ...input: string[]): JsonNode => ({
    name: suffix === '' ? name : `${name}/${suffix}`,
    op,
    input,
    attr: { T: type },
  });
  const above = make('above', 'Relu', x);
  const negated = make('negated', 'Neg', x);
  const below = make('below', 'Relu', output(negated));
  const scaled = make('scaled', 'Mul', alpha, output(below));
  return [above, negated, below, scaled, make('', 'Sub', output(above), output(scaled))];
}
