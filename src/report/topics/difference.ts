import { largestSelfShifts, selfShift } from '../../analyse/findings/shifts.js';
import { mostTelling, perModel } from '../../analyse/findings/variants.js';
import type { Comparison } from '../../model/analysis.js';
import { code, figureColumn, tableMarkdown, words } from '../table.js';
import { escapeMarkdown } from '../text-table.js';
import type { Topic } from '../topic.js';
import { STAGE_LABELS, formatChange, formatCount, formatTime } from '../words.js';
import { drawnByBrowser } from './drawn-by-browser.js';

const MAX_FRAMES = 8;

/** The differential flamegraph, drawn by the browser; the text names the frames that changed most, of the most telling comparison. */
export const DIFFERENCE: Topic = {
  id: 'diff',
  nav: 'Difference',
  title: 'What differs',
  shown: ({ analysis }) => analysis.comparisons.length > 0,
  html: () => drawnByBrowser('diff-view'),
  markdown: ({ analysis }) =>
    perModel(analysis)
      .flatMap((model) => mostTelling(model).slice(0, 1))
      .map(changedFrames)
      .join('\n\n'),
};

function changedFrames({ baseline, candidate, diff }: Comparison): string {
  const sure = largestSelfShifts(diff, Infinity).filter(({ node }) => node.selfSignificant);
  const heading = `### ${escapeMarkdown(baseline)} → ${escapeMarkdown(candidate)}`;
  if (sure.length === 0) return `${heading}\n\nNo frame changed significantly.`;
  const table = tableMarkdown({
    columns: [
      code('Frame'),
      code('below'),
      words('stage'),
      figureColumn('self before'),
      figureColumn('self after'),
      figureColumn('shift per call'),
    ],
    rows: sure
      .slice(0, MAX_FRAMES)
      .map(({ path, node }) => [
        node.name,
        path.at(-2) ?? '',
        STAGE_LABELS[node.stage],
        formatTime(node.baseline.selfNanosPerCall),
        formatTime(node.candidate.selfNanosPerCall),
        formatChange(selfShift(node), formatTime),
      ]),
  });
  const left = sure.length - MAX_FRAMES;
  return `${heading}\n\n${table}${left > 0 ? `\n\n${formatCount(left)} more frames changed significantly; report.html shows them.` : ''}`;
}
