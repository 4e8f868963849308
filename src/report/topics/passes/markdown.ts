import type { Analysis } from '../../../model/analysis.js';
import { codeSpan, markdownTable } from '../../text-table.js';
import { formatTime } from '../../words.js';

const MAX_ROWS = 12;

/** The dearest passes of the graph optimiser; empty where they were not looked at. */
export function renderPassesMarkdown({ passes }: Analysis): string {
  if (passes === undefined) return '';
  const rows = [...passes]
    .sort((a, b) => b.nanos - a.nanos)
    .slice(0, MAX_ROWS)
    .map(({ name, runs, nanos, nodeChange, nodesAfter }) => [
      codeSpan(name),
      String(runs),
      formatTime(nanos),
      nodeChange > 0 ? `+${nodeChange}` : String(nodeChange),
      String(nodesAfter),
    ]);
  return `## Graph optimisation before the first run\n\n${markdownTable(['Pass', 'runs', 'time', 'nodes', 'left after it'], ['left', 'right', 'right', 'right', 'right'], rows)}`;
}
