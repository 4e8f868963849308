import { recordingIds } from '../telemetry/spans/ids.js';
import type { Recording } from '../model/recording.js';
import type { ReportExtras } from '../report/input.js';

/** What a report shows besides its figures: the recordings, from which single calls are drawn, and their trace ids. */
export function extrasOf(recordings: readonly Recording[]): ReportExtras {
  const ids = new Map<number, ReturnType<typeof recordingIds>>();
  const idsOf = (index: number, recording: Recording): ReturnType<typeof recordingIds> => {
    const made = ids.get(index) ?? recordingIds(recording);
    ids.set(index, made);
    return made;
  };
  return {
    recordings,
    traceId: (index, call) => {
      const recording = recordings[index];
      if (recording === undefined) return null;
      return recording.calls[call]?.traceId ?? idsOf(index, recording).traceId(call);
    },
    ...(recordings[0] === undefined ? {} : { tool: recordings[0].meta.tool }),
  };
}
