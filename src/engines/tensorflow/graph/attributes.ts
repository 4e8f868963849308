import { UserError } from '../../../model/errors.js';
import type { ArgumentDefinition, AttributeDefinition, OperationDefinition } from './op-definitions.js';
import { definitionsVersion, operationDefinition } from './op-definitions.js';
import type { OpAttribute } from './tfjs.js';

/** An attribute as a GraphDef holds it: `type` is the definition's (`int`, `list(int)`, `type`, …). */
export interface GraphAttribute {
  readonly name: string;
  readonly type: string;
  readonly value: unknown;
}

/**
 * All attributes a graph node needs, completed from TensorFlow's own definition of the operation.
 *
 * The eager runtime infers type and length attributes from the inputs; a GraphDef must state them. Values equal to
 * the definition's default are left out, so that an older TensorFlow which lacks a newer attribute still loads the graph.
 * @param inputTypes DataType numbers of the inputs, in order
 * @throws UserError when the operation is unknown or an attribute can be neither given, inferred nor defaulted
 */
export function completeAttributes(op: string, given: readonly OpAttribute[], inputTypes: readonly number[]): GraphAttribute[] {
  const definition = definitionOrRefuse(op);
  const values = new Map<string, unknown>(given.map((attr) => [attr.name, attr.value]));
  inferFromInputs(definition, values, inputTypes);
  return definition.attributes.flatMap((attr) => {
    const value = values.get(attr.name);
    if (value === undefined || value === null) return missing(op, attr);
    const normal = normalise(attr.type, value);
    return sameValue(normal, attr.defaultValue, attr.type) ? [] : [{ name: attr.name, type: attr.type, value: normal }];
  });
}

/** @throws UserError when TensorFlow has no operation of this name */
export function definitionOrRefuse(op: string): OperationDefinition {
  const definition = operationDefinition(op);
  if (definition !== null) return definition;
  throw new UserError(
    `The operation ${op} cannot be traced: TensorFlow ${definitionsVersion()} has no definition of it. Run this model without tracing.`,
  );
}

/** How many tensors each input argument takes. */
function lengthsOf(definition: OperationDefinition, values: ReadonlyMap<string, unknown>, total: number): number[] {
  const single = definition.inputs.filter((argument) => !isList(argument)).length;
  const lists = definition.inputs.filter(isList);
  return definition.inputs.map((argument) => {
    if (!isList(argument)) return 1;
    const known = knownLength(argument, values);
    if (known !== null) return known;
    if (lists.length === 1) return total - single;
    throw new UserError(`The operation ${definition.name} cannot be traced: it takes several lists and their lengths were not given.`);
  });
}

const isList = (argument: ArgumentDefinition): boolean => argument.count !== null || 'list' in argument.type;

function knownLength(argument: ArgumentDefinition, values: ReadonlyMap<string, unknown>): number | null {
  const count = argument.count === null ? undefined : values.get(argument.count);
  if (typeof count === 'number') return count;
  const types = 'list' in argument.type ? values.get(argument.type.list) : undefined;
  return Array.isArray(types) ? types.length : null;
}

function inferFromInputs(definition: OperationDefinition, values: Map<string, unknown>, inputTypes: readonly number[]): void {
  const lengths = lengthsOf(definition, values, inputTypes.length);
  let at = 0;
  definition.inputs.forEach((argument, index) => {
    const length = lengths[index] ?? 0;
    const types = inputTypes.slice(at, at + length);
    at += length;
    if (argument.count !== null && !values.has(argument.count)) values.set(argument.count, length);
    if ('list' in argument.type) values.set(argument.type.list, types);
    const first = types[0];
    if ('attribute' in argument.type && first !== undefined) values.set(argument.type.attribute, first);
  });
}

function missing(op: string, attr: AttributeDefinition): [] {
  if (attr.defaultValue !== undefined) return [];
  throw new UserError(
    `The operation ${op} cannot be traced: its attribute ${attr.name} (${attr.type}) was neither given nor implied by the inputs.`,
  );
}

/** The value as the definition's type wants it: integers are whole, lists are arrays. */
function normalise(type: string, value: unknown): unknown {
  const inner = /^list\((.*)\)$/.exec(type)?.[1];
  if (inner !== undefined) return (Array.isArray(value) ? value : [value]).map((item) => normalise(inner, item));
  switch (type) {
    case 'int':
    case 'type':
      return Math.trunc(Number(value));
    case 'float':
      return Math.fround(Number(value));
    case 'bool':
      return Boolean(value);
    default:
      return value;
  }
}

function sameValue(value: unknown, fallback: unknown, type: string): boolean {
  if (fallback === undefined) return false;
  return JSON.stringify(value) === JSON.stringify(normalise(type, fallback));
}
