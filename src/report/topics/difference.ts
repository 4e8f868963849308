import type { Analysis, Comparison } from '../../model/analysis.js';
import { countsSentence, MAX_OPERATIONS, operationCells, operationTables, OPERATION_HEADINGS } from './operations.js';
import { largestSelfShifts, selfShift } from './shifts.js';
import { codeSpan, escapeMarkdown, markdownTable } from '../text-table.js';
import { STAGE_LABELS, formatCount, formatTime } from '../words.js';

const MAX_FRAMES = 8;

/** What the differential flamegraph shows, in words: frames that differ for sure, where their own time moved most. */
export function differenceBlock(analysis: Analysis): string {
  const telling = mostTelling(analysis.comparisons);
  if (telling === undefined) return '';
  return [framesBlock(telling), operationsBlock(analysis, telling)].filter((block) => block !== '').join('\n\n');
}

/** The same work on both sides, whatever it is called there. */
function operationsBlock(analysis: Analysis, telling: Comparison): string {
  const table = operationTables(analysis).find(({ comparison }) => comparison === telling);
  if (table === undefined) return '';
  const rows = table.shifts
    .slice(0, MAX_OPERATIONS)
    .map((shift) => operationCells(shift).map((cell, i) => (i === 0 ? codeSpan(cell) : cell)));
  const heading = `## Operation by operation: ${escapeMarkdown(telling.baseline)} → ${escapeMarkdown(telling.candidate)}`;
  return `${heading}\n\n${markdownTable(OPERATION_HEADINGS, ['left', 'right', 'right', 'right', 'right', 'right'], rows)}\n\n${escapeMarkdown(countsSentence(table.shifts))}`;
}

function framesBlock(telling: Comparison): string {
  const sure = largestSelfShifts(telling.diff, Infinity).filter(({ node }) => node.selfSignificant);
  const heading = `## What differs: ${escapeMarkdown(telling.baseline)} → ${escapeMarkdown(telling.candidate)}`;
  if (sure.length === 0) return `${heading}\n\nNo frame changed significantly.`;
  const rows = sure
    .slice(0, MAX_FRAMES)
    .map(({ path, node }) => [
      codeSpan(node.name),
      codeSpan(path.at(-2) ?? ''),
      STAGE_LABELS[node.stage],
      formatTime(node.baseline.selfNanosPerCall),
      formatTime(node.candidate.selfNanosPerCall),
      signed(selfShift(node)),
    ]);
  const rest =
    sure.length > MAX_FRAMES
      ? `\n\n${formatCount(sure.length - MAX_FRAMES)} more frames changed significantly; report.html shows them.`
      : '';
  return `${heading}\n\n${markdownTable(['Frame', 'below', 'stage', 'self before', 'self after', 'shift per call'], ['left', 'left', 'left', 'right', 'right', 'right'], rows)}${rest}`;
}

/** With eleven variants their ten differences would bury the rest: the clearest gain, else the largest difference. */
function mostTelling(comparisons: readonly Comparison[]): Comparison | undefined {
  const distance = ({ ratio }: Comparison): number => Math.abs(Math.log(Math.max(ratio, 1e-9)));
  return [...comparisons].sort((a, b) => Number(b.verdict === 'faster') - Number(a.verdict === 'faster') || distance(b) - distance(a))[0];
}

const signed = (nanos: number): string => `${nanos > 0 ? '+' : '−'}${formatTime(Math.abs(nanos))}`;
