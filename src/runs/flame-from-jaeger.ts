import path from 'node:path';
import { recordingFromJaeger } from '../telemetry/jaeger/from-jaeger.js';
import type { FromJaegerOptions, FromJaegerResult } from '../telemetry/jaeger/from-jaeger.js';
import type { TimeWindow, TraceQuery } from '../telemetry/jaeger/query.js';
import type { Analysis } from '../model/analysis.js';
import type { WrittenFile } from '../report/input.js';
import { writeRecording } from '../record/writer.js';
import { checkFolder, type ExistingFolder } from './own-folder.js';
import { reportRun } from './analyse-run.js';
import { newRunFolder } from './run-folder.js';

export interface FlameFromJaegerOptions extends FromJaegerOptions {
  /** Run folder; default a new one under `profiles/`. */
  readonly out?: string;
  readonly existing?: ExistingFolder;
}

export interface FlameFromJaegerResult extends Omit<FromJaegerResult, 'recording'> {
  readonly analysis: Analysis;
  readonly folder: string;
  readonly files: readonly WrittenFile[];
}

/**
 * Builds a run folder, with the reports, flamegraphs and comparison of any other run, from traces stored in Jaeger.
 * @throws UserError when Jaeger does not answer or has no such calls.
 */
export async function flameFromJaeger(
  queryUrl: string,
  query: TraceQuery,
  range: TimeWindow,
  options: FlameFromJaegerOptions = {},
): Promise<FlameFromJaegerResult> {
  if (options.out !== undefined) checkFolder(options.out, options.existing ?? 'refuse');
  const { recording, ...counts } = await recordingFromJaeger(queryUrl, query, range, options);
  const folder = newRunFolder(options.out, query.service, options.existing);
  const file = path.join(folder, 'recordings', 'main.isr');
  const { calls, spans, hosts } = counts;
  writeRecording(file, {
    ...recording,
    run: { notes: [{ kind: 'from-jaeger', url: queryUrl, service: query.service, calls, spans, hosts }] },
  });
  const { analysis, files } = reportRun(folder);
  return { ...counts, analysis, folder, files: [{ format: 'recording', path: file }, ...files] };
}
