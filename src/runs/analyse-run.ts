import { analyse } from '../analyse/analyse.js';
import { analysePairs, arePairs } from '../analyse/analyse-pairs.js';
import { withScripts } from '../analyse/graft-scripts.js';
import type { Analysis } from '../model/analysis.js';
import type { Recording } from '../model/recording.js';
import type { WrittenFile } from '../report/input.js';
import { tell } from '../report/tell.js';
import { readRun, writeReports } from './run-folder.js';
import { scriptStacksOf } from './stacks-file.js';

/**
 * The analysis of a run: two sides where they were measured together; with JavaScript functions where its folder holds stacks of
 * them. There is no other way from a run to its report, so that what was told at once is told again from the folder.
 */
export const analyseRun = (run: string, recordings: readonly Recording[]): Analysis =>
  tell(arePairs(recordings) ? analysePairs(recordings) : withScripts(analyse(recordings), scriptStacksOf(run)));

/** A run folder read, analysed and reported. */
export interface ReportedRun {
  readonly analysis: Analysis;
  readonly recordings: readonly Recording[];
  readonly files: readonly WrittenFile[];
}

/**
 * Ends each command that makes a run: whatever it says is read from the folder. `none`: no reports are written. `recordings`: those
 * of the folder, where they were read already.
 *
 * @throws UserError when the folder cannot be read or written
 */
export function reportRun(
  folder: string,
  reports: 'write' | 'none' = 'write',
  recordings: readonly Recording[] = readRun(folder),
): ReportedRun {
  const analysis = analyseRun(folder, recordings);
  return { analysis, recordings, files: reports === 'none' ? [] : writeReports(folder, analysis, recordings) };
}
