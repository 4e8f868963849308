import path from 'node:path';
import { analyse } from '../analyse/analyse.js';
import { recordingFromJaeger } from '../telemetry/jaeger/from-jaeger.js';
import type { FromJaegerOptions, FromJaegerResult } from '../telemetry/jaeger/from-jaeger.js';
import type { TimeWindow, TraceQuery } from '../telemetry/jaeger/query.js';
import type { Analysis } from '../model/analysis.js';
import type { WrittenFile } from '../report/input.js';
import { writeRecording } from '../record/writer.js';
import { checkFolder, type ExistingFolder } from './own-folder.js';
import { newRunFolder, writeReports } from './run-folder.js';

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
  writeRecording(file, recording);
  const analysed = analyse([recording]);
  const analysis = { ...analysed, notes: [...analysed.notes, ...provenance(queryUrl, query, counts)] };
  return { ...counts, analysis, folder, files: [{ format: 'recording', path: file }, ...writeReports(folder, analysis, [recording])] };
}

function provenance(queryUrl: string, { service }: TraceQuery, { calls, spans, hosts }: Omit<FromJaegerResult, 'recording'>): string[] {
  const notes = [
    `Read from Jaeger at ${queryUrl}: ${calls} calls of "${service}", ${spans} spans, from ${hosts} machine${hosts === 1 ? '' : 's'}.`,
  ];
  if (hosts > 1) notes.push('The environment shown is that of the first call; differences between machines are in the figures.');
  return notes;
}
