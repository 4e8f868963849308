import type { Comparison } from '../../../model/analysis.js';
import { lineUps, operationWords } from '../layers.js';
import { codeSpan, escapeMarkdown, markdownTable } from '../../text-table.js';
import { formatTime } from '../../words.js';

const MAX_ROWS = 12;

/** Operations of both sides by layer, of the comparison that changed most; empty where layers do not line up. */
export function renderLayersMarkdown(comparisons: readonly Comparison[]): string {
  const [first] = lineUps(comparisons, 1);
  if (first === undefined) return '';
  const { comparison, rows } = first;
  const [before, after] = [comparison.baseline, comparison.candidate].map((key) => escapeMarkdown(key));
  const cells = rows
    .slice(0, MAX_ROWS)
    .map(({ layer, baseline, candidate }) => [
      codeSpan(layer),
      formatTime(baseline.nanosPerCall),
      escapeMarkdown(operationWords(baseline)),
      formatTime(candidate.nanosPerCall),
      escapeMarkdown(operationWords(candidate)),
    ]);
  const more = rows.length > MAX_ROWS ? `\n\n${rows.length - MAX_ROWS} more layers are in report.json.` : '';
  return `## Layer by layer\n\n${markdownTable(['Layer', before ?? '', 'operations', after ?? '', 'operations'], ['left', 'right', 'left', 'right', 'left'], cells)}${more}`;
}
