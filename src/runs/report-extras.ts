import { existsSync, readdirSync } from 'node:fs';
import path from 'node:path';
import { recordingIds } from '../telemetry/spans/ids.js';
import type { Recording } from '../model/recording.js';
import type { ReportExtras, ReportLink } from '../report/input.js';

/**
 * What a report shows besides its figures: the recordings, from which single calls are drawn, their trace ids, what lies beside it
 * in the run's folder.
 */
export function extrasOf(recordings: readonly Recording[], run?: string): ReportExtras {
  const ids = new Map<number, ReturnType<typeof recordingIds>>();
  const idsOf = (index: number, recording: Recording): ReturnType<typeof recordingIds> => {
    const made = ids.get(index) ?? recordingIds(recording);
    ids.set(index, made);
    return made;
  };
  return {
    recordings,
    links: run === undefined ? [] : linksIn(run),
    traceId: (index, call) => {
      const recording = recordings[index];
      if (recording === undefined) return null;
      return recording.calls[call]?.traceId ?? idsOf(index, recording).traceId(call);
    },
    ...(recordings[0] === undefined ? {} : { tool: recordings[0].meta.tool }),
  };
}

/** What the page of a run folder links to: V8's profiles, 0x's pages of them, and pprof with the spans of their samples. */
function linksIn(folder: string): readonly ReportLink[] {
  const js = path.join(folder, 'js');
  const names = existsSync(js) ? readdirSync(js).sort() : [];
  return names.flatMap((file) => {
    const { name, ext } = path.parse(file);
    const format = LINKED[ext];
    return format === undefined ? [] : [{ label: `${name} (${format})`, href: `js/${encodeURIComponent(file)}` }];
  });
}

const LINKED: Readonly<Record<string, string>> = { '.cpuprofile': 'cpuprofile', '.html': '0x', '.gz': 'pprof' };
