import type { Recording, RecordingMeta } from '../../src/model/recording.js';
import type { Recorder } from '../../src/record/recorder.js';
import { META } from './recordings.js';

/** What a recorder holds that was never drained, as a complete recording of a run that is told by no file. */
export function recordingInMemory(recorder: Recorder, meta: RecordingMeta = META): Recording {
  const batch = recorder.drain();
  if (batch.firstRow !== 0) throw new Error('the recorder was drained before: read its file instead');
  return {
    meta,
    strings: recorder.interner.strings,
    details: recorder.interner.details,
    spans: batch.spans,
    calls: batch.calls,
    gc: batch.gc,
    lostSpans: batch.lostSpans,
    complete: true,
  };
}
