import type { CallRecord, Recording } from '../../model/recording.js';
import { spanKindFromCode } from '../../model/span.js';
import { stageFromCode } from '../../model/stage.js';
import { variantKey } from '../../model/variant.js';
import { assignLanes, type LaneSpan } from './lanes.js';

/** Events are turned to bytes this many at a time: one string of a million spans would be too long. */
const CHUNK = 20_000;

/**
 * Chrome trace event JSON of the recorded calls: a process a variant, `X` events that nest on each thread, what ran
 * concurrently on a thread of its own, timestamps in microseconds with three decimals (so nanoseconds survive),
 * sorted. Opens in Perfetto, chrome://tracing and speedscope.
 */
export function renderChromeTrace(recordings: readonly Recording[]): Uint8Array {
  const chunks: Uint8Array[] = [];
  let waiting: string[] = [];
  const flush = (): void => {
    if (waiting.length > 0) chunks.push(Buffer.from(`${chunks.length > 0 ? ',\n' : ''}${waiting.join(',\n')}`));
    waiting = [];
  };
  for (const event of traceEvents(recordings)) {
    if (waiting.push(JSON.stringify(event)) >= CHUNK) flush();
  }
  flush();
  return Buffer.concat([Buffer.from('{"displayTimeUnit":"ns","traceEvents":[\n'), ...chunks, Buffer.from('\n]}\n')]);
}

interface Placed {
  readonly recording: Recording;
  readonly pid: number;
  readonly tid: number;
  readonly row: number;
}

/** Names of processes and threads first, then spans by start. */
export function* traceEvents(recordings: readonly Recording[]): Generator<object> {
  const placed: Placed[] = [];
  const threads = new Map<string, { pid: number; tid: number }>();
  let pid = 0;
  for (const recording of recordings) {
    for (const [variant, each] of recording.meta.variants.entries()) {
      pid++;
      yield { ph: 'M', name: 'process_name', pid, tid: 0, args: { name: `${recording.meta.model.name} ${variantKey(each)}` } };
      for (const span of placeVariant(recording, variant, pid)) {
        placed.push(span);
        threads.set(`${pid}/${span.tid}`, { pid: span.pid, tid: span.tid });
      }
    }
  }
  for (const { pid: process, tid } of threads.values())
    yield { ph: 'M', name: 'thread_name', pid: process, tid, args: { name: tid === 1 ? 'calls' : `concurrent ${tid - 1}` } };
  placed.sort((a, b) => start(a) - start(b) || duration(b) - duration(a) || a.row - b.row);
  for (const span of placed) yield spanEvent(span);
}

function placeVariant(recording: Recording, variant: number, pid: number): readonly Placed[] {
  const { spans, calls } = recording;
  const rows: number[] = [];
  for (let row = 0; row < spans.length; row++) {
    if (calls[spans.call[row] ?? 0]?.variant === variant) rows.push(row);
  }
  const place = new Map(rows.map((row, i) => [row, i]));
  const list = rows.map((row): LaneSpan => {
    const from = spans.startNanos[row] ?? 0;
    return { startNanos: from, endNanos: from + (spans.durationNanos[row] ?? 0), parent: place.get(spans.parent[row] ?? -1) ?? -1 };
  });
  const { lane: lanes } = assignLanes(list);
  return rows.map((row, i) => ({ recording, pid, tid: (lanes[i] ?? 0) + 1, row }));
}

const start = ({ recording, row }: Placed): number => recording.spans.startNanos[row] ?? 0;
const duration = ({ recording, row }: Placed): number => recording.spans.durationNanos[row] ?? 0;

function spanEvent(placed: Placed): object {
  const { recording, pid, tid, row } = placed;
  const { spans, strings, details, calls } = recording;
  const detail = details[spans.detail[row] ?? 0];
  const index = spans.call[row] ?? 0;
  return {
    ph: 'X',
    name: strings[spans.name[row] ?? 0] ?? '',
    cat: stageFromCode(spans.stage[row] ?? 0),
    pid,
    tid,
    ts: micros(start(placed)),
    dur: micros(duration(placed)),
    args: {
      kind: spanKindFromCode(spans.kind[row] ?? 0),
      call: index,
      ...(spans.parent[row] === -1 ? callArguments(calls[index]) : {}),
      ...detail,
    },
  };
}

const callArguments = (call: CallRecord | undefined): object =>
  call === undefined
    ? {}
    : {
        temperature: call.temperature,
        signature: call.signature,
        ...(call.traceId === undefined ? {} : { trace_id: call.traceId }),
        ...(call.error === undefined ? {} : { error: call.error }),
      };

/** Whole nanoseconds as microseconds; dividing by 1000 keeps them apart up to 2^53 / 1000. */
const micros = (nanos: number): number => Math.round(nanos) / 1000;
