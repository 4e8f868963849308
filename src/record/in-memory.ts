import { RECORDING_VERSION, type Recording, type RecordingMeta } from '../model/recording.js';
import type { Recorder } from './recorder.js';

/** What a recorder holds that was never drained, as a complete recording: for short runs that need no file. */
export function recordingInMemory(recorder: Recorder, meta: Omit<RecordingMeta, 'version'>): Recording {
  const batch = recorder.drain();
  if (batch.firstRow !== 0) throw new Error('the recorder was drained before: read its file instead');
  return {
    meta: { ...meta, version: RECORDING_VERSION },
    strings: recorder.interner.strings,
    details: recorder.interner.details,
    spans: batch.spans,
    calls: batch.calls,
    gc: batch.gc,
    lostSpans: batch.lostSpans,
    complete: true,
  };
}
