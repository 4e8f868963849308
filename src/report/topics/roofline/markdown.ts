import type { Analysis } from '../../../model/analysis.js';
import { floorSentence, formatBandwidth, formatFlops, formatReached, peakSentence, roofed, rooflineVariants } from './facts.js';
import { codeSpan, escapeMarkdown, markdownTable } from '../../text-table.js';
import { formatCount, formatTime } from '../../words.js';

const MAX_ROWS = 6;

/** The dearest kernels against the machine's peak; empty without one. */
export function renderRooflineMarkdown(analysis: Analysis): string {
  const { peak } = analysis;
  const variants = rooflineVariants(analysis);
  if (peak === null || variants.length === 0) return '';
  const tables = variants.map((variant) => {
    const rows = roofed(variant)
      .slice(0, MAX_ROWS)
      .map(({ op, layer, count, nanosPerCall, roofline }) => [
        codeSpan(op),
        layer === null ? '' : codeSpan(layer),
        formatTime(nanosPerCall),
        formatCount(count),
        formatFlops(roofline.flopsPerSecond),
        formatBandwidth(roofline.bytesPerSecond),
        roofline.bound,
        formatReached(roofline),
      ]);
    const heading = ['Operation', 'layer', 'time per call', 'runs', 'arithmetic', 'memory', 'bound by', 'of the peak'];
    return `${escapeMarkdown(floorSentence(variant))}\n\n${markdownTable(heading, ['left', 'left', 'right', 'right', 'right', 'right', 'left', 'right'], rows)}`;
  });
  return `## Kernels against the machine: ${variants.map(({ key }) => escapeMarkdown(key)).join(', ')}\n\n${escapeMarkdown(peakSentence(peak))}\n\n${tables.join('\n\n')}`;
}
