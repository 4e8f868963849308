import type { AgainstTfjs } from '../../model/against-tfjs.js';
import { formatNanos } from '../../model/nanos.js';
import { markdownTable } from '../text-table.js';

/** A Keras run beside the same weights in tfjs-node, as text. */
export function renderAgainstTfjs({
  rows,
  form,
  largestRelativeDifference: difference,
}: Extract<AgainstTfjs, { kind: 'compared' }>): string {
  const cells = rows.map(({ runtime, variant, medianNanos, ratio, interval }) => [
    runtime,
    variant,
    formatNanos(medianNanos),
    `${ratio.toPrecision(3)} (${interval[0].toPrecision(3)} – ${interval[1].toPrecision(3)})`,
  ]);
  const table = markdownTable(
    ['runtime', 'variant', 'median call', `÷ Keras ${rows[0]?.variant ?? ''} (at least 90 %)`],
    ['left', 'left', 'right', 'right'],
    cells,
  );
  const same =
    difference === null
      ? 'outputs were not compared (several inputs)'
      : `largest relative difference of the outputs ${difference.toExponential(1)}`;
  return `## Against tfjs-node\n\nThe same weights and input, converted to a ${form} model by the official converter; ${same}. The two were measured one after the other.\n\n${table}\n`;
}
