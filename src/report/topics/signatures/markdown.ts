import type { Analysis } from '../../../model/analysis.js';
import { paddingSentence } from '../padding-words.js';
import { groupSentence, leftOutShapes, shapeRows } from '../shapes.js';
import { codeSpan, escapeMarkdown, markdownProse, markdownTable } from '../../text-table.js';
import { formatCount, formatTime } from '../../words.js';

/** The shape ledger as Markdown; nothing where no call was recorded. */
export function signatureBlock(analysis: Analysis): string {
  const { signatures, padding, signatureGroups = [] } = analysis;
  if (signatures.length === 0) return '';
  const shown = shapeRows(analysis);
  const time = (nanos: number | null): string => (nanos === null ? '–' : formatTime(nanos));
  const rows = shown.rows.map((row) => [
    escapeMarkdown(row.variant),
    codeSpan(row.signature),
    time(row.firstCallNanos),
    time(row.warmNanos),
    formatCount(row.hits),
    formatCount(row.misses),
    row.payBackCalls === null ? 'never' : formatCount(row.payBackCalls),
  ]);
  const table = markdownTable(
    ['Variant', 'input', 'when building', 'then', 'calls ready', 'calls that built', 'calls to pay back'],
    ['left', 'left', 'right', 'right', 'right', 'right', 'right'],
    rows,
  );
  const groups = signatureGroups.map((group) => `- ${markdownProse(groupSentence(group))}`);
  const plans = padding.map((plan) => `- ${escapeMarkdown(paddingSentence(plan))}`);
  return [
    '## What each input shape costs',
    ...(groups.length === 0 ? [] : [groups.join('\n')]),
    table,
    ...(shown.left === 0 ? [] : [leftOutShapes(shown.left)]),
    ...(plans.length === 0 ? [] : [plans.join('\n')]),
  ].join('\n\n');
}
