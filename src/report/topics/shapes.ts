import type { Analysis } from '../../model/analysis.js';
import { elementsOf, type SignatureGroup, type SignatureRow } from '../../model/signatures.js';
import { formatCount, formatTime } from '../words.js';

/** Shapes of one variant that a table lists; `inferscope signatures` and report.json have them all. */
const MAX_ROWS = 12;

/** What a table of shapes shows: every shape of variants with few, evenly picked sizes of the others, smallest first. */
export function shapeRows({ signatures }: Pick<Analysis, 'signatures'>): { readonly rows: readonly SignatureRow[]; readonly left: number } {
  const variants = [...new Set(signatures.map(({ variant }) => variant))];
  const rows = variants.flatMap((variant) => {
    const all = signatures.filter((row) => row.variant === variant);
    if (all.length <= MAX_ROWS) return all;
    const bySize = [...all].sort((a, b) => elementsOf(a.signature) - elementsOf(b.signature));
    return Array.from({ length: MAX_ROWS }, (_, i) => bySize[Math.round((i * (bySize.length - 1)) / (MAX_ROWS - 1))]).filter(
      (row) => row !== undefined,
    );
  });
  return { rows, left: signatures.length - rows.length };
}

/** `predict, float32[1,?,?,3]: 40 shapes in 40 calls; 2 calls built a graph or other code, 38 shapes needed none.` */
export function groupSentence({ variant, pattern, signatures, calls, built, signaturesBuilt, warmNanos }: SignatureGroup): string {
  const spared = signatures - signaturesBuilt;
  const others =
    warmNanos === null
      ? 'no call ran without building'
      : `median of the other ${formatCount(calls - built)} calls ${formatTime(warmNanos)}`;
  const meaning =
    spared === 0
      ? ''
      : spared >= signaturesBuilt
        ? `; ${formatCount(spared)} shapes needed nothing new, so a new shape alone costs no build`
        : `; ${formatCount(spared)} shapes needed nothing new`;
  return `${variant}, ${pattern}: ${formatCount(signatures)} shapes in ${formatCount(calls)} calls, ${formatCount(built)} ${built === 1 ? 'call' : 'calls'} built something (first call included), ${others}${meaning}.`;
}

export const leftOutShapes = (left: number): string =>
  `${formatCount(left)} more shapes are in report.json; \`inferscope signatures\` lists them all.`;
