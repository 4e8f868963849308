import { once } from 'node:events';
import { setTimeout as sleep } from 'node:timers/promises';
import type { SpanBatch } from './batches.js';
import type { OtlpTransport, SendOutcome } from './outcome.js';

export interface RetryPolicy {
  /** Waiting time before the second try; doubles each time, with up to half of it added by chance. */
  readonly firstWaitMillis: number;
  readonly longestWaitMillis: number;
  /** A batch is given up for now when this much time has passed without an answer other than "busy". */
  readonly patienceMillis: number;
  /** What becomes of a batch where no server was ever reached; default: tried again, as where one is busy. */
  readonly unreachable?: 'told at once' | 'tried again';
  /** Aborted: a batch that waits for its next try is given up for now, and one that waits for an answer soon after. */
  readonly signal?: AbortSignal;
}

/** Spec-conforming back-off that gives up after a minute of trouble; the spans then stay on disk. */
export const DEFAULT_RETRY: RetryPolicy = {
  firstWaitMillis: 200,
  longestWaitMillis: 10_000,
  patienceMillis: 60_000,
  unreachable: 'told at once',
};

/** How long after an abort an answer may still come: one that is on its way saves sending the batch again. */
const LAST_ANSWER_MILLIS = 1000;

/** Spans of one batch by what became of them; they add up to the batch. */
export interface BatchOutcome {
  readonly accepted: number;
  readonly lost: number;
  /** Not sent, worth sending again later. */
  readonly pending: number;
  /** Why spans were lost or are pending; empty when none are. */
  readonly reasons: readonly string[];
}

/** What was learnt of a server, and is used for all batches that follow. */
export interface ServerSeen {
  /** The most spans that it was seen to take in a request. */
  mostSpans: number;
  /** Somebody was there: who is gone since may come back. */
  reached: boolean;
}

export const NOTHING_SEEN: ServerSeen = { mostSpans: Infinity, reached: false };

/** A server that refuses so many requests of one span has no size that it takes. */
const MAX_REFUSED_ALONE = 2;

/**
 * Sends one batch until it is taken, refused or patience runs out. A batch that is too large is sent in halves, and what
 * follows in requests of the size that was taken; halving ends with the patience.
 */
export async function sendWithRetry(
  transport: OtlpTransport,
  batch: Pick<SpanBatch, 'spans'>,
  policy: RetryPolicy,
  seen: ServerSeen = { ...NOTHING_SEEN },
): Promise<BatchOutcome> {
  return await new Halving(transport, policy, seen).send(batch.spans);
}

class Halving {
  readonly #until: number;
  #refusedAlone = 0;

  constructor(
    private readonly transport: OtlpTransport,
    private readonly policy: RetryPolicy,
    private readonly seen: ServerSeen,
  ) {
    this.#until = performance.now() + policy.patienceMillis;
  }

  async send(spans: SpanBatch['spans']): Promise<BatchOutcome> {
    if (spans.length > this.seen.mostSpans) return await this.#halves(spans);
    const outcome = await untilNotBusy(this.transport, { spans }, this.policy, this.seen);
    if (outcome.kind !== 'too-large') return settled(outcome, spans.length);
    this.seen.mostSpans = Math.max(1, Math.min(this.seen.mostSpans, spans.length >> 1));
    if (spans.length > 1)
      return performance.now() > this.#until
        ? pending(spans.length, `${outcome.reason}: no size of request was taken in time`)
        : await this.#halves(spans);
    if (++this.#refusedAlone > MAX_REFUSED_ALONE) return pending(1, `${outcome.reason}: not even one span fits into a request`);
    return { accepted: 0, lost: 1, pending: 0, reasons: [outcome.reason] };
  }

  async #halves(spans: SpanBatch['spans']): Promise<BatchOutcome> {
    const middle = spans.length >> 1;
    const first = await this.send(spans.slice(0, middle));
    if (first.pending > 0) return sum(first, pending(spans.length - middle));
    return sum(first, await this.send(spans.slice(middle)));
  }
}

const pending = (spans: number, ...reasons: readonly string[]): BatchOutcome => ({ accepted: 0, lost: 0, pending: spans, reasons });

function settled(outcome: Exclude<SendOutcome, { kind: 'too-large' }>, sent: number): BatchOutcome {
  switch (outcome.kind) {
    case 'accepted':
      return {
        accepted: sent - outcome.rejected,
        lost: outcome.rejected,
        pending: 0,
        reasons: outcome.rejected === 0 ? [] : [`rejected by the server: ${outcome.message || 'no reason given'}`],
      };
    case 'refused':
      return { accepted: 0, lost: sent, pending: 0, reasons: [outcome.reason] };
    case 'busy':
    case 'unreachable':
    case 'misconfigured':
      return pending(sent, outcome.reason);
  }
}

async function untilNotBusy(
  transport: OtlpTransport,
  { spans }: Pick<SpanBatch, 'spans'>,
  policy: RetryPolicy,
  seen: ServerSeen,
): Promise<SendOutcome> {
  const started = performance.now();
  let wait = policy.firstWaitMillis;
  for (;;) {
    const outcome = await sendUntilAborted(transport, spans, policy.signal);
    seen.reached ||= outcome.kind !== 'unreachable';
    if (outcome.kind === 'unreachable' && policy.unreachable === 'told at once' && !seen.reached) return outcome;
    if (outcome.kind !== 'busy' && outcome.kind !== 'unreachable') return outcome;
    const pause = (outcome.kind === 'busy' ? outcome.retryAfterMillis : null) ?? wait * (1 + Math.random() / 2);
    if (performance.now() - started + pause > policy.patienceMillis) return outcome;
    await sleep(pause, undefined, policy.signal === undefined ? {} : { signal: policy.signal }).catch(() => undefined);
    if (policy.signal?.aborted === true) return outcome;
    wait = Math.min(wait * 2, policy.longestWaitMillis);
  }
}

/** One request, whose answer is not waited for much longer once `signal` is aborted. Closing the transport ends it. */
async function sendUntilAborted(
  transport: OtlpTransport,
  spans: SpanBatch['spans'],
  signal: AbortSignal | undefined,
): Promise<SendOutcome> {
  if (signal === undefined) return await transport.send(spans);
  const interrupted = { kind: 'busy', retryAfterMillis: null, reason: `interrupted before ${transport.endpoint} answered` } as const;
  if (signal.aborted) return interrupted;
  const answered = new AbortController();
  const givenUp = async (): Promise<SendOutcome> => {
    await once(signal, 'abort', { signal: answered.signal });
    return await sleep(LAST_ANSWER_MILLIS, interrupted, { signal: answered.signal });
  };
  try {
    return await Promise.race([transport.send(spans), givenUp()]);
  } finally {
    answered.abort();
  }
}

const sum = (first: BatchOutcome, second: BatchOutcome): BatchOutcome => ({
  accepted: first.accepted + second.accepted,
  lost: first.lost + second.lost,
  pending: first.pending + second.pending,
  reasons: [...first.reasons, ...second.reasons],
});
