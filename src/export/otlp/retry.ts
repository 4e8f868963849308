import { once } from 'node:events';
import { setTimeout as sleep } from 'node:timers/promises';
import type { SpanBatch } from './batches.js';
import type { OtlpTransport, SendOutcome } from './transport.js';

export interface RetryPolicy {
  /** Waiting time before the second try; doubles each time, with up to half of it added by chance. */
  readonly firstWaitMillis: number;
  readonly longestWaitMillis: number;
  /** A batch is given up for now when this much time has passed without an answer other than "busy". */
  readonly patienceMillis: number;
  /** Aborted: a batch that waits for its next try is given up for now, and one that waits for an answer soon after. */
  readonly signal?: AbortSignal;
}

/** Spec-conforming back-off that gives up after a minute of trouble; the spans then stay on disk. */
export const DEFAULT_RETRY: RetryPolicy = { firstWaitMillis: 200, longestWaitMillis: 10_000, patienceMillis: 60_000 };

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

/** Sends one batch until it is taken, refused or patience runs out. A batch that is too large is sent in halves. */
export async function sendWithRetry(
  transport: OtlpTransport,
  batch: Pick<SpanBatch, 'spans'>,
  policy: RetryPolicy,
): Promise<BatchOutcome> {
  const { spans } = batch;
  const outcome = await untilNotBusy(transport, batch, policy);
  switch (outcome.kind) {
    case 'accepted':
      return {
        accepted: spans.length - outcome.rejected,
        lost: outcome.rejected,
        pending: 0,
        reasons: outcome.rejected === 0 ? [] : [`rejected by the server: ${outcome.message || 'no reason given'}`],
      };
    case 'refused':
      return { accepted: 0, lost: spans.length, pending: 0, reasons: [outcome.reason] };
    case 'busy':
    case 'misconfigured':
      return { accepted: 0, lost: 0, pending: spans.length, reasons: [outcome.reason] };
    case 'too-large': {
      if (spans.length <= 1) return { accepted: 0, lost: spans.length, pending: 0, reasons: [outcome.reason] };
      const middle = spans.length >> 1;
      const first = await sendWithRetry(transport, { spans: spans.slice(0, middle) }, policy);
      const second = await sendWithRetry(transport, { spans: spans.slice(middle) }, policy);
      return sum(first, second);
    }
  }
}

async function untilNotBusy(
  transport: OtlpTransport,
  { spans }: Pick<SpanBatch, 'spans'>,
  policy: RetryPolicy,
): Promise<SendOutcome> {
  const started = performance.now();
  let wait = policy.firstWaitMillis;
  for (;;) {
    const outcome = await sendUntilAborted(transport, spans, policy.signal);
    if (outcome.kind !== 'busy') return outcome;
    const pause = outcome.retryAfterMillis ?? wait * (1 + Math.random() / 2);
    if (performance.now() - started + pause > policy.patienceMillis) return outcome;
    await sleep(pause, undefined, policy.signal === undefined ? {} : { signal: policy.signal }).catch(() => undefined);
    if (policy.signal?.aborted === true) return outcome;
    wait = Math.min(wait * 2, policy.longestWaitMillis);
  }
}

/** One request, whose answer is not waited for much longer once `signal` is aborted. Closing the transport ends it. */
async function sendUntilAborted(transport: OtlpTransport, spans: SpanBatch['spans'], signal: AbortSignal | undefined): Promise<SendOutcome> {
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
