import { analyse } from '../analyse/analyse.js';
import { withScripts } from '../analyse/graft-scripts.js';
import type { Analysis } from '../model/analysis.js';
import type { Recording } from '../model/recording.js';
import { scriptStacksOf } from './script-phase.js';

/** The analysis of an opened run, with JavaScript functions where its folder holds stacks of them. */
export const analyseRun = (run: string, recordings: readonly Recording[]): Analysis => withScripts(analyse(recordings), scriptStacksOf(run));
