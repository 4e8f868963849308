import type { Analysis } from '../model/analysis.js';
import { paddingSentence } from './padding-words.js';
import { codeSpan, escapeMarkdown, markdownTable } from './text-table.js';
import { formatCount, formatTime } from './words.js';

/** The shape ledger as Markdown; nothing where no call was recorded. */
export function signatureBlock({ signatures, padding }: Analysis): string {
  if (signatures.length === 0) return '';
  const time = (nanos: number | null): string => (nanos === null ? '–' : formatTime(nanos));
  const rows = signatures.map((row) => [
    escapeMarkdown(row.variant),
    codeSpan(row.signature),
    time(row.firstCallNanos),
    time(row.warmNanos),
    formatCount(row.hits),
    formatCount(row.misses),
    row.payBackCalls === null ? 'never' : formatCount(row.payBackCalls),
  ]);
  const table = markdownTable(['Variant', 'input', 'first call', 'then', 'hits', 'misses', 'calls to pay back'], ['left', 'left', 'right', 'right', 'right', 'right', 'right'], rows);
  const plans = padding.map((plan) => `- ${escapeMarkdown(paddingSentence(plan))}`);
  return ['## What each input shape costs', table, ...(plans.length === 0 ? [] : [plans.join('\n')])].join('\n\n');
}
