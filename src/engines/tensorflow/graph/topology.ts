/** The topology of a converted graph model: TensorFlow's GraphDef as JSON, the values of its constants left out. */
import { ASYNC_ONLY } from '../../../model/graph-operations.js';
import { UserError } from '../../../model/errors.js';
import type { GraphAttribute } from './attributes.js';
import { DT } from '../../../model/dtypes.js';
import { operationDefinition } from './op-definitions.js';
import type { GraphModel } from './tfjs.js';

export interface JsonNode {
  readonly name: string;
  readonly op: string;
  readonly input?: readonly string[];
  readonly attr?: Readonly<Record<string, JsonAttribute>>;
}

interface JsonArgument {
  readonly name: string;
  readonly type: string | number;
}

export interface JsonFunction {
  readonly signature: {
    readonly name: string;
    readonly inputArg?: readonly JsonArgument[];
    readonly outputArg?: readonly JsonArgument[];
    readonly isStateful?: boolean;
  };
  readonly nodeDef?: readonly JsonNode[];
  readonly ret?: Readonly<Record<string, string>>;
}

export interface Topology {
  readonly node: readonly JsonNode[];
  readonly library?: { readonly function?: readonly JsonFunction[] };
}

/** An AttrValue in protobuf's JSON form: one of these fields is there. */
export interface JsonAttribute {
  readonly type?: string | number;
  readonly i?: string | number;
  readonly f?: string | number;
  readonly b?: boolean;
  readonly s?: string;
  readonly shape?: { readonly dim?: readonly { readonly size?: string | number }[]; readonly unknownRank?: boolean };
  readonly func?: { readonly name: string };
  readonly list?: Readonly<Record<string, readonly unknown[]>>;
}

/** The topology a graph model was made from, null for one that keeps none. */
export function topologyOf(model: GraphModel): Topology | null {
  const { artifacts } = model as { artifacts?: { modelTopology?: Partial<Topology> } };
  const topology = artifacts?.modelTopology;
  return Array.isArray(topology?.node) ? (topology as Topology) : null;
}

/** All nodes, those of functions included. */
export const allNodes = ({ node, library }: Topology): readonly JsonNode[] => [
  ...node,
  ...(library?.function ?? []).flatMap(({ nodeDef }) => nodeDef ?? []),
];

/** Operations of the model that tfjs only runs asynchronously: with one of them a call cannot be traced. */
export const controlFlowOf = (topology: Topology): readonly string[] => [
  ...new Set(
    allNodes(topology)
      .map(({ op }) => op)
      .filter((op) => ASYNC_ONLY.has(op)),
  ),
];

/** DataType of a JSON type: a number, or a name such as `DT_INT64`. @throws UserError for one that has no number here */
export function typeCode(type: string | number): number {
  if (typeof type === 'number') return type;
  const name = type.replace(/^DT_/, '').toLowerCase();
  const code = (TYPE_CODES as Readonly<Record<string, number>>)[name];
  if (code === undefined) throw new UserError(`The model uses the data type ${type}, which cannot be put into a graph here.`);
  return code;
}

const TYPE_CODES = {
  ...DT,
  float: DT.float32,
  double: DT.float64,
  half: DT.float16,
  invalid: 0,
};

/** Attributes that TensorFlow's definition of the operation knows; others are a converter's or a device's own. */
export function attributesOf({ op, attr = {} }: JsonNode): GraphAttribute[] {
  const definition = operationDefinition(op);
  if (definition === null)
    throw new UserError(`The operation ${op} cannot be put into a TensorFlow graph: TensorFlow has no definition of it.`);
  return definition.attributes.flatMap(({ name, type }): GraphAttribute[] => {
    const given = attr[name];
    const value = given === undefined ? undefined : valueOf(type, given);
    return value === undefined ? [] : [{ name, type, value }];
  });
}

function valueOf(type: string, attribute: JsonAttribute): unknown {
  const inner = /^list\((.*)\)$/.exec(type)?.[1];
  if (inner === undefined) return scalarOf(type, attribute);
  const items = Object.values(attribute.list ?? {}).flat();
  return items.map((item) => scalarOf(inner, { [FIELDS[inner] ?? inner]: item }));
}

/** Field of an AttrValue for each attribute type. */
const FIELDS: Readonly<Record<string, string>> = { string: 's', int: 'i', float: 'f', bool: 'b' };

/** `undefined` where the attribute's default says the same (an unknown rank). */
function scalarOf(type: string, { type: dtype, i, f, b, s, shape, func }: JsonAttribute): unknown {
  switch (type) {
    case 'type':
      return dtype === undefined ? undefined : typeCode(dtype);
    case 'int':
      return Number(i ?? 0);
    case 'float':
      return Number(f ?? 0);
    case 'bool':
      return b ?? false;
    case 'string':
      return Buffer.from(s ?? '', 'base64').toString('latin1');
    case 'shape':
      return shape === undefined || shape.unknownRank === true ? undefined : (shape.dim ?? []).map(({ size }) => Number(size ?? 0));
    case 'func':
      return func?.name;
    default:
      return undefined;
  }
}
