import { isRecord } from '../model/is-record.js';
import type { InputSpec } from './arrays.js';
import { isBytes } from './json.js';

/**
 * The inputs in the body of a request to TensorFlow Serving, `{"instances": [row, …]}` or `{"inputs": …}`; what is no such
 * body stays as it is, and so does one for a model whose own inputs are called so.
 */
export function servingRequest(body: unknown, specs: readonly InputSpec[]): unknown {
  if (!isRecord(body) || specs.some(({ name }) => name in body)) return body;
  const { instances, inputs } = body;
  if (inputs !== undefined) return inputs;
  return Array.isArray(instances) ? columns(instances) : body;
}

/** Rows that name their inputs become one list for each input. */
function columns(rows: readonly unknown[]): unknown {
  const [first] = rows;
  if (!isRecord(first) || isBytes(first)) return rows;
  return Object.fromEntries(Object.keys(first).map((name) => [name, rows.map((row) => (isRecord(row) ? row[name] : null))]));
}
