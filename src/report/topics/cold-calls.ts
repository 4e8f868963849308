import type { Analysis } from '../../model/analysis.js';
import { formatMultiple } from '../../model/multiple.js';
import { escapeMarkdown, markdownTable } from '../text-table.js';
import { coldReason, formatTime } from '../words.js';

const MAX_CALLS = 12;

/** Cold calls with what made them so and what they built: the page's table, in text. */
export function coldCallsBlock({ variants }: Analysis): string {
  const calls = variants.flatMap((variant) => variant.cold.map((cold) => ({ variant, cold })));
  if (calls.length === 0) return '';
  const rows = calls
    .slice(0, MAX_CALLS)
    .map(({ variant, cold }) => [
      escapeMarkdown(variant.key),
      [coldReason(cold), ...cold.causes.map(escapeMarkdown)].join(', '),
      formatTime(cold.latencyNanos),
      variant.latencyNanos.p50 > 0 ? `${formatMultiple(cold.latencyNanos / variant.latencyNanos.p50)}×` : '–',
      formatTime(cold.stages['data-adapter'].nanosPerCall),
      formatTime(cold.stages['graph-building'].nanosPerCall),
      formatTime(cold.stages['kernel-execution'].nanosPerCall),
    ]);
  const rest = calls.length > MAX_CALLS ? `\n\n${calls.length - MAX_CALLS} more cold calls are in report.json.` : '';
  return `## Cold calls\n\n${markdownTable(['Variant', 'cold because', 'latency', '× warm median', 'data adapter', 'graph building', 'kernel execution'], ['left', 'left', 'right', 'right', 'right', 'right', 'right'], rows)}${rest}`;
}
