import type { ReadableSpan } from '@opentelemetry/sdk-trace-base';

/** Where spans go. One `send` is one request; whether to try again is the caller's business. */
export interface OtlpTransport {
  /** Address that spans are posted to, for messages. */
  readonly endpoint: string;
  send(spans: readonly ReadableSpan[]): Promise<SendOutcome>;
  close(): void;
}

/** What became of one request. */
export type SendOutcome =
  /** Taken, but for `rejected` spans that the server names as refused (partial success). */
  | { readonly kind: 'accepted'; readonly rejected: number; readonly message: string }
  /** Nothing listens at the address, or nothing of that name is known: a server that is being started, or an address that is wrong. */
  | { readonly kind: 'unreachable'; readonly reason: string }
  /** Not now: overloaded, cut off or too slow. The server's own waiting time, when it gave one. */
  | { readonly kind: 'busy'; readonly retryAfterMillis: number | null; readonly reason: string }
  /** The request is bigger than the server takes. */
  | { readonly kind: 'too-large'; readonly reason: string }
  /** These spans will never be taken. */
  | { readonly kind: 'refused'; readonly reason: string }
  /** Address, credentials or protocol are wrong: the spans are fine, sending them again this way is useless. */
  | { readonly kind: 'misconfigured'; readonly reason: string };
