import { readFileSync } from 'node:fs';

/** One input or output argument. `type` is the name of a type attribute or a fixed DataType number. */
export interface ArgumentDefinition {
  readonly name: string;
  readonly type: { readonly attribute: string } | { readonly fixed: number } | { readonly list: string };
  /** Attribute that counts the tensors of a homogeneous list. */
  readonly count: string | null;
}

export interface AttributeDefinition {
  readonly name: string;
  /** `int`, `list(int)`, `type`, `string`, `shape`, `func`, … */
  readonly type: string;
  /** `undefined` when there is none. */
  readonly defaultValue: unknown;
}

export interface OperationDefinition {
  readonly name: string;
  readonly inputs: readonly ArgumentDefinition[];
  readonly outputs: readonly ArgumentDefinition[];
  readonly attributes: readonly AttributeDefinition[];
  /** Keeps state or has side effects. */
  readonly stateful: boolean;
}

interface DefinitionFile {
  readonly tensorflow: string;
  readonly operations: Readonly<Record<string, string>>;
}

// The stage's one piece of module state: the table, read when first needed and never changed.
const table: { file: DefinitionFile | null; readonly parsed: Map<string, OperationDefinition> } = { file: null, parsed: new Map() };

function file(): DefinitionFile {
  table.file ??= JSON.parse(readFileSync(new URL('op-definitions.json', import.meta.url), 'utf8')) as DefinitionFile;
  return table.file;
}

/** Version of TensorFlow that the definitions were taken from (scripts/op-definitions.py). */
export const definitionsVersion = (): string => file().tensorflow;

/** TensorFlow's definition of an operation, or null when that version has none of this name. */
export function operationDefinition(op: string): OperationDefinition | null {
  const known = table.parsed.get(op);
  if (known !== undefined) return known;
  const text = file().operations[op];
  if (text === undefined) return null;
  const definition = parse(op, text);
  table.parsed.set(op, definition);
  return definition;
}

/** Whether an operation keeps state, draws random numbers or has side effects; false for one that is not known. */
export const isStateful = (op: string): boolean => operationDefinition(op)?.stateful === true;

function parse(name: string, text: string): OperationDefinition {
  const [inputs = '', outputs = '', attributes = '', flags = ''] = splitFields(text);
  return {
    name,
    inputs: words(inputs).map(argument),
    outputs: words(outputs).map(argument),
    attributes: words(attributes).map(attribute),
    stateful: flags.includes('s'),
  };
}

/** A default may hold `|`; the flags after the last one never do. */
function splitFields(text: string): string[] {
  const first = text.indexOf('|');
  const second = text.indexOf('|', first + 1);
  const last = text.lastIndexOf('|');
  return [text.slice(0, first), text.slice(first + 1, second), text.slice(second + 1, last), text.slice(last + 1)];
}

const words = (text: string): string[] => text.split(' ').filter((word) => word !== '');

function argument(text: string): ArgumentDefinition {
  const colon = text.indexOf(':');
  const name = text.slice(0, colon);
  const kind = text.slice(colon + 1);
  if (kind.startsWith('[')) return { name, type: { list: kind.slice(1) }, count: null };
  const star = kind.indexOf('*');
  const type = kind.slice(star + 1);
  return {
    name,
    type: type.startsWith('#') ? { fixed: Number(type.slice(1)) } : { attribute: type },
    count: star < 0 ? null : kind.slice(0, star),
  };
}

function attribute(text: string): AttributeDefinition {
  const colon = text.indexOf(':');
  const equals = text.indexOf('=');
  const type = equals < 0 ? text.slice(colon + 1) : text.slice(colon + 1, equals);
  return { name: text.slice(0, colon), type, defaultValue: equals < 0 ? undefined : (JSON.parse(text.slice(equals + 1)) as unknown) };
}
