import { existsSync } from 'node:fs';
import path from 'node:path';
import { renderSamplesAsPprof } from '../formats/pprof/write.js';
import type { TakenSamples } from '../formats/taken-samples.js';
import type { CallRecord, Recording } from '../model/recording.js';
import { labelledSamples } from '../telemetry/profiles/labelled-samples.js';
import { recordingIds, type RecordingIds } from '../telemetry/spans/ids.js';
import { programSamplesOf } from './program-samples.js';
import { writeFile } from './write-file.js';

/**
 * Of a program that was sampled while it was recorded: one pprof file of all its threads, whose samples have the labels `span_id`,
 * `trace_id` and `span_name` of the call that had the thread. The ids are those under which the run's spans are exported.
 *
 * @param recordings those of the run
 * @param into folder of the file; without it the run's own `js/`
 * @returns the file; null for a run without samples
 * @throws UserError when the folder cannot be read or written
 */
export function writeProgramPprof(run: string, recordings: readonly Recording[], into?: string): string | null {
  if (!existsSync(path.join(run, 'js'))) return null;
  const chunks = programSamplesOf(run).flatMap(({ pid, calls, originEpochNanos, ...sampled }) => {
    const known = callsOf(recordings.filter(({ meta }) => meta.pid === pid));
    const owned = calls.map((began) => (began === null ? undefined : known.get(began)));
    return labelledSamples({ ...sampled, calls: owned }, originEpochNanos, labelsOf) ?? [];
  });
  if (chunks.length === 0) return null;
  const file = into === undefined ? path.join(run, 'js', 'samples.pb.gz') : path.join(into, `${path.basename(run)}.pb.gz`);
  writeFile(file, renderSamplesAsPprof(together(chunks)));
  return file;
}

interface OwningCall {
  readonly recording: Recording;
  readonly ids: RecordingIds;
  readonly call: CallRecord;
  readonly index: number;
}

/** By when they began, which tells the calls of one process apart. */
function callsOf(recordings: readonly Recording[]): ReadonlyMap<number, OwningCall> {
  return new Map(
    recordings.flatMap((recording) => {
      const ids = recordingIds(recording);
      return recording.calls.map((call, index) => [call.startNanos, { recording, ids, call, index }] as const);
    }),
  );
}

function labelsOf({ recording: { strings, spans }, ids, call, index }: OwningCall): Readonly<Record<string, string>> {
  return {
    span_id: ids.spanId(call.rootSpan),
    trace_id: call.traceId ?? ids.traceId(index),
    span_name: strings[spans.name[call.rootSpan] ?? 0] ?? '',
    ...(call.parentSpanId === undefined ? {} : { parent_span_id: call.parentSpanId }),
  };
}

function together(chunks: readonly TakenSamples[]): TakenSamples {
  const timeNanos = Math.min(...chunks.map((chunk) => chunk.timeNanos));
  return {
    samples: chunks.flatMap(({ samples }) => samples),
    periodNanos: chunks[0]?.periodNanos ?? 0,
    timeNanos,
    durationNanos: Math.max(...chunks.map((chunk) => chunk.timeNanos + chunk.durationNanos)) - timeNanos,
  };
}
