import { analyse } from '../analyse/analyse.js';
import { analysePairs, arePairs } from '../analyse/analyse-pairs.js';
import { withScripts } from '../analyse/graft-scripts.js';
import type { Analysis } from '../model/analysis.js';
import type { Recording } from '../model/recording.js';
import { scriptStacksOf } from './javascript/script-phase.js';

/** The analysis of an opened run: two sides where they were measured together; with JavaScript functions where its folder holds stacks of them. */
export const analyseRun = (run: string, recordings: readonly Recording[]): Analysis =>
  arePairs(recordings) ? analysePairs(recordings) : withScripts(analyse(recordings), scriptStacksOf(run));
