import type { AnyValue, KeyValue } from '../../model/otlp.js';

/** Attributes of a span or resource, read with the type that is expected; a missing or odd value is undefined. */
export interface AttributeReader {
  text(name: string): string | undefined;
  number(name: string): number | undefined;
  flag(name: string): boolean | undefined;
  /** Some storages keep a list as its JSON text. */
  list(name: string): readonly string[] | undefined;
}

export function attributeReader(attributes: readonly KeyValue[] | undefined): AttributeReader {
  const values = new Map(attributes?.map(({ key, value }) => [key, plain(value)]));
  return {
    text: (name) => {
      const value = values.get(name);
      return value === undefined || Array.isArray(value) ? undefined : String(value);
    },
    number: (name) => {
      const value = Number(values.get(name) ?? Number.NaN);
      return Number.isFinite(value) ? value : undefined;
    },
    flag: (name) => {
      const value = values.get(name);
      return value === undefined ? undefined : String(value) === 'true';
    },
    list: (name) => asList(values.get(name)),
  };
}

type Plain = string | number | boolean | readonly string[] | undefined;

function plain(value: AnyValue): Plain {
  if ('stringValue' in value) return value.stringValue;
  if ('boolValue' in value) return value.boolValue;
  if ('intValue' in value) return Number(value.intValue);
  if ('doubleValue' in value) return value.doubleValue;
  if ('arrayValue' in value) return value.arrayValue.values.map((item) => String(plain(item) ?? ''));
  return undefined;
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
