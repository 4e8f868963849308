import { EXIT, UserError } from '../../model/errors.js';
import { jaegerAddress, jaegerQuery } from './query.js';

/** One trace in a Jaeger. */
export interface TraceAddress {
  /** The Jaeger's own address. */
  readonly queryUrl: string;
  /** 32 hexadecimal digits, as Jaeger writes them. */
  readonly traceId: string;
}

/** `…/trace/ID` as in the address bar of Jaeger's pages, `…/api/traces/ID` and `…/api/v3/traces/ID` of its query API. */
const ADDRESS = /^(https?:\/\/[^?#]+?)\/(?:trace|api\/(?:v3\/)?traces)\/([0-9a-f]+)\/?(?:[?#].*)?$/i;

/** Whether a text is an address, of whatever. */
export const isAddress = (text: string): boolean => /^https?:\/\//i.test(text);

/** @throws UserError (usage) for an address that leads to no single trace */
export function traceAddress(text: string): TraceAddress {
  const [, queryUrl, traceId] = ADDRESS.exec(text) ?? [];
  if (queryUrl !== undefined && traceId !== undefined) return traceIn(queryUrl, traceId);
  throw new UserError(
    `${text} is no address of a trace in Jaeger: give one such as http://localhost:16686/trace/4bf92f3577b34da6a3ce929d0e0e4736.`,
    EXIT.usage,
  );
}

/** @throws UserError (usage) for what is no address of a Jaeger, or no trace id */
export function traceIn(queryUrl: string, traceId: string): TraceAddress {
  if (!/^[0-9a-f]{1,32}$/i.test(traceId) || /^0+$/.test(traceId))
    throw new UserError(`"${traceId}" is no id of a trace: give up to 32 hexadecimal digits, not all 0.`, EXIT.usage);
  return { queryUrl: jaegerAddress(queryUrl), traceId: traceId.toLowerCase().padStart(32, '0') };
}

/**
 * The trace as OTLP/JSON text.
 * @throws UserError when Jaeger does not answer, or holds no such trace
 */
export async function traceFromJaeger({ queryUrl, traceId }: TraceAddress): Promise<string> {
  const text = await jaegerQuery(queryUrl).trace(traceId);
  if (text !== null) return text;
  throw new UserError(
    `Jaeger at ${queryUrl} holds no trace ${traceId}: it may be older than what is kept there, or not have arrived yet.`,
    EXIT.notFound,
  );
}
