/** What src/analyse/ finds, in the words of src/report/: what the library gives. */
import { analyse } from '../analyse/analyse.js';
import { compareRuns, type CompareRunsOptions } from '../analyse/compare-runs.js';
import type { AnalyseOptions } from '../analyse/options.js';
import { checkAgainst, type CheckOptions } from '../analyse/gate.js';
import type { Baseline, GateResult } from '../model/gate.js';
import { tellGate } from '../report/studies/gate/words.js';
import type { Analysis, RunComparison } from '../model/analysis.js';
import type { Recording } from '../model/recording.js';
import { tell, tellRuns } from '../report/tell.js';

/** `analyse` in words. @throws UserError as it does */
export const toldAnalysis = (recordings: readonly Recording[], options: AnalyseOptions = {}): Analysis =>
  tell(analyse(recordings, options));

/** `compareRuns` in words. @throws UserError as it does */
export const toldRuns = (
  baseline: readonly Recording[],
  candidate: readonly Recording[],
  options: CompareRunsOptions = {},
): RunComparison => tellRuns(compareRuns(baseline, candidate, options));

/** `checkAgainst` in words. @throws UserError as it does */
export const toldCheck = (baseline: Baseline, current: Baseline, options: CheckOptions): GateResult =>
  tellGate(checkAgainst(baseline, current, options));
