import { topFrames } from '../../analyse/findings/top-frames.js';
import { baselineAndFastest, perModel } from '../../analyse/findings/variants.js';
import type { VariantAnalysis } from '../../model/analysis.js';
import { code, figureColumn, tableMarkdown, words } from '../table.js';
import { escapeMarkdown } from '../text-table.js';
import type { Topic } from '../topic.js';
import { STAGE_LABELS, formatCount, formatShare, formatTime } from '../words.js';
import { drawnByBrowser } from './drawn-by-browser.js';

const MAX_FRAMES = 8;

/** The flamegraph, drawn by the browser; the text names its heaviest frames. */
export const FLAME: Topic = {
  id: 'flame',
  nav: 'Flamegraph',
  title: 'Flamegraph',
  html: () => drawnByBrowser('flame-view'),
  markdown: ({ analysis }) =>
    perModel(analysis)
      .flatMap(({ variants }) => baselineAndFastest(variants))
      .map(heaviestFrames)
      .filter((block) => block !== '')
      .join('\n\n'),
};

function heaviestFrames(variant: VariantAnalysis): string {
  const frames = topFrames(variant.tree, MAX_FRAMES);
  if (frames.length === 0) return '';
  const per = Math.max(1, variant.calls);
  const table = tableMarkdown({
    columns: [code('Frame'), words('stage'), figureColumn('self per call'), figureColumn('share'), figureColumn('runs per call')],
    rows: frames.map(({ name, stage, selfNanos, share, count }) => [
      name,
      STAGE_LABELS[stage],
      formatTime(selfNanos / per),
      formatShare(share),
      count === null ? '–' : formatCount(count / per),
    ]),
  });
  return `### Top frames: ${escapeMarkdown(variant.key)}\n\n${table}`;
}
