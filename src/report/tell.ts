import type { Analysis, RunComparison } from '../model/analysis.js';
import type { Findings, Note, RunFindings } from '../model/findings.js';
import { noteSentence } from './words/notes.js';

/** Findings put into words: what the reports show and the library gives. */
export function tell({ notes, ...figures }: Findings): Analysis {
  return { ...figures, notes: tellNotes(notes) };
}

/** The same of two runs side by side. */
export const tellRuns = ({ notes, ...figures }: RunFindings): RunComparison => ({ ...figures, notes: tellNotes(notes) });

/** What holds for several recordings is said once. */
const tellNotes = (notes: readonly Note[]): string[] => [...new Set(notes.map(noteSentence))];
