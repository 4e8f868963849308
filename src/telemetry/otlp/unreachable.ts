import type { SendOutcome } from './outcome.js';

/** Codes of Node.js by which nobody was reached. */
const NO_LISTENER = /\b(?:ECONNREFUSED|EHOSTUNREACH|ENETUNREACH)\b/;
const NO_SUCH_NAME = /\b(?:ENOTFOUND|EAI_AGAIN)\b|^Name resolution failed/;

/** What to do about a server that is not there. */
export interface UnreachableRemedies {
  /** Where nothing listens. */
  readonly start: string;
  /** What names the address. */
  readonly named: string;
}

const SPANS: UnreachableRemedies = {
  start: 'start the collector, or a Jaeger with `inferscope jaeger up`, or give another address with --endpoint',
  named: '--endpoint, or the standard variables',
};

/** What `why` (a code of Node.js, or a text that has it) means where it says that no server was reached; else undefined. */
export function unreachableReason(address: string, why: string, { start, named }: UnreachableRemedies): string | undefined {
  const [code] = NO_LISTENER.exec(why) ?? [];
  if (code !== undefined) return `nothing listens at ${address} (${code}): ${start}`;
  return NO_SUCH_NAME.test(why) ? `${address}: no host of this name is known here: check the address (${named})` : undefined;
}

export function unreachableOutcome(address: string, why: string, remedies = SPANS): SendOutcome | undefined {
  const reason = unreachableReason(address, why, remedies);
  return reason === undefined ? undefined : { kind: 'unreachable', reason };
}
