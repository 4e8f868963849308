import type { Analysis, RunComparison } from '../model/analysis.js';
import type { Findings, Note, RunFindings } from '../model/findings.js';
import { adviseOnModels } from './advice/advise-on-models.js';
import { noteSentence } from './words/notes.js';

/** Findings put into words: what the reports show and the library gives. */
export function tell({ notes, evidence, ...figures }: Findings): Analysis {
  const told = { ...figures, notes: tellNotes(notes) };
  return { ...told, advice: evidence === null ? [] : adviseOnModels(told, evidence) };
}

/** The same of two runs side by side. */
export const tellRuns = ({ notes, ...figures }: RunFindings): RunComparison => ({ ...figures, notes: tellNotes(notes) });

/** What holds for several recordings is said once. */
const tellNotes = (notes: readonly Note[]): string[] => [...new Set(notes.map(noteSentence))];
