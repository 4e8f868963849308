import type { AnyValue, KeyValue } from '../../model/otlp.js';

/** Attributes of a span or resource, read with the type that is expected; a missing or odd value is undefined. */
export interface AttributeReader {
  text(name: string): string | undefined;
  number(name: string): number | undefined;
  /** A number from 0 that a duration, a size or a count can be. */
  amount(name: string): number | undefined;
  flag(name: string): boolean | undefined;
  /** Some storages keep a list as its JSON text. */
  list(name: string): readonly string[] | undefined;
}

/** 31 years in nanoseconds: what is more is nothing that was measured. */
const MAX_AMOUNT = 1e18;

/** `attributes` as a server sent them: a value may be missing, or be of a kind that this does not know. */
export function attributeReader(attributes: readonly KeyValue[] | undefined): AttributeReader {
  const values = new Map(
    attributes?.map(({ key, value }: { readonly key: string; readonly value?: Partial<AnyValue> }) => [key, plain(value ?? {})]),
  );
  const number = (name: string): number | undefined => {
    const value = Number(values.get(name) ?? Number.NaN);
    return Number.isFinite(value) && Math.abs(value) <= MAX_AMOUNT ? value : undefined;
  };
  return {
    text: (name) => {
      const value = values.get(name);
      return value === undefined || Array.isArray(value) ? undefined : String(value);
    },
    number,
    amount: (name) => {
      const value = number(name);
      return value !== undefined && value >= 0 ? value : undefined;
    },
    flag: (name) => {
      const value = values.get(name);
      return value === undefined ? undefined : String(value) === 'true';
    },
    list: (name) => asList(values.get(name)),
  };
}

type Plain = string | number | boolean | readonly string[] | undefined;

function plain(value: Partial<AnyValue>): Plain {
  if (!('arrayValue' in value)) return scalar(value);
  const { values = [] } = value.arrayValue as { readonly values?: readonly AnyValue[] };
  return values.map((item) => String(scalar(item) ?? ''));
}

/** A list within a list says nothing here, and how deep it goes is the server's to say. */
function scalar(value: Partial<AnyValue>): string | number | boolean | undefined {
  if ('stringValue' in value) return value.stringValue;
  if ('boolValue' in value) return value.boolValue;
  if ('intValue' in value) return Number(value.intValue);
  return 'doubleValue' in value ? value.doubleValue : undefined;
}

function asList(value: Plain): readonly string[] | undefined {
  if (typeof value !== 'string') return Array.isArray(value) ? (value as readonly string[]) : undefined;
  if (!value.startsWith('[')) return [value];
  try {
    const parsed: unknown = JSON.parse(value);
    return Array.isArray(parsed) ? parsed.map(String) : undefined;
  } catch {
    return [value];
  }
}
