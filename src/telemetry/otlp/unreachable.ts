import type { SendOutcome } from './outcome.js';

/** Codes of Node.js by which nobody was reached. */
const NO_LISTENER = /\b(?:ECONNREFUSED|EHOSTUNREACH|ENETUNREACH)\b/;
const NO_SUCH_NAME = /\b(?:ENOTFOUND|EAI_AGAIN)\b|^Name resolution failed/;

/** What `why` (a code of Node.js, or a text that has it) means where it says that no server was reached; else undefined. */
export function unreachableOutcome(address: string, why: string): SendOutcome | undefined {
  const [code] = NO_LISTENER.exec(why) ?? [];
  if (code !== undefined)
    return {
      kind: 'unreachable',
      reason: `nothing listens at ${address} (${code}): start the collector, or a Jaeger with \`inferscope jaeger up\`, or give another address with --endpoint`,
    };
  if (NO_SUCH_NAME.test(why))
    return {
      kind: 'unreachable',
      reason: `${address}: no host of this name is known here: check the address (--endpoint, or the standard variables)`,
    };
  return undefined;
}
