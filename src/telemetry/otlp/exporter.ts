import { spanBatches } from './batches.js';
import type { SpanBatch } from './batches.js';
import { NO_JOURNAL } from './journal.js';
import type { ExportJournal } from './journal.js';
import { DEFAULT_RETRY, NOTHING_SEEN, sendWithRetry } from './retry.js';
import type { BatchOutcome, RetryPolicy, ServerSeen } from './retry.js';
import type { RecordingSpans } from '../spans/spans-from-recording.js';
import type { OtlpTransport } from './outcome.js';

/** Spans of a request: about 100 kB, far below every server's limit, and large enough to hide the round trip. */
export const DEFAULT_BATCH_SPANS = 512;

/** Requests under way at a time: memory is bounded by this many batches. */
const DEFAULT_CONCURRENCY = 4;

export interface ExportOptions {
  readonly batchSpans?: number;
  readonly concurrency?: number;
  readonly retry?: RetryPolicy;
  readonly journal?: ExportJournal;
  /** Aborted: no further batch is sent, and what is not sent stays for later. */
  readonly signal?: AbortSignal;
  /** Called after each batch with the number of spans settled so far. */
  readonly onProgress?: (settledSpans: number) => void;
}

/** Every recorded span is in exactly one of accepted, lost and spooled. */
export interface ExportResult {
  readonly endpoint: string;
  readonly recorded: number;
  /** The server's own answer, partial success counted. */
  readonly accepted: number;
  /** Refused by the server, for reasons that time does not mend; still on disk, and sent again with `--resume`. */
  readonly lost: number;
  /** Not sent; still on disk for `--resume`. */
  readonly spooled: number;
  readonly sampledOut: number;
  /** Distinct reasons for lost and spooled spans, in the order met. */
  readonly reasons: readonly string[];
}

/**
 * Sends a recording's spans in awaited batches and counts what the server answers.
 *
 * When a batch runs out of patience, nothing more is sent: a server that is down for one batch is down for the next
 * ones too, and the rest is reported as spooled.
 */
export async function exportSpans(spans: RecordingSpans, transport: OtlpTransport, options: ExportOptions = {}): Promise<ExportResult> {
  const journal = options.journal ?? NO_JOURNAL;
  const batches = spanBatches(spans.rows(), options.batchSpans ?? DEFAULT_BATCH_SPANS)[Symbol.iterator]();
  const tally = new Tally();
  const seen: ServerSeen = { ...NOTHING_SEEN };
  const worker = async (): Promise<void> => {
    while (!tally.stopped && options.signal?.aborted !== true) {
      const next = batches.next();
      if (next.done) return;
      tally.add(
        await settle(next.value, transport, journal, seen, {
          ...(options.retry ?? DEFAULT_RETRY),
          ...(options.signal === undefined ? {} : { signal: options.signal }),
        }),
      );
      options.onProgress?.(tally.accepted + tally.lost);
    }
  };
  await Promise.all(Array.from({ length: options.concurrency ?? DEFAULT_CONCURRENCY }, worker));
  return {
    endpoint: transport.endpoint,
    recorded: spans.recorded,
    accepted: tally.accepted,
    lost: tally.lost,
    spooled: spans.recorded - tally.accepted - tally.lost,
    sampledOut: spans.sampledOut,
    reasons: [...tally.reasons],
  };
}

async function settle(
  batch: SpanBatch,
  transport: OtlpTransport,
  journal: ExportJournal,
  seen: ServerSeen,
  retry: RetryPolicy,
): Promise<BatchOutcome> {
  const earlier = journal.settled(batch);
  if (earlier) return { accepted: earlier.accepted, lost: earlier.lost, pending: 0, reasons: [] };
  const outcome = await sendWithRetry(transport, batch, retry, seen);
  if (outcome.pending === 0) await journal.settle(batch, outcome);
  return outcome;
}

class Tally {
  accepted = 0;
  lost = 0;
  stopped = false;
  readonly reasons = new Set<string>();

  add(outcome: BatchOutcome): void {
    this.accepted += outcome.accepted;
    this.lost += outcome.lost;
    if (outcome.pending > 0) this.stopped = true;
    for (const reason of outcome.reasons) this.reasons.add(reason);
  }
}
