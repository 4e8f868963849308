import type { FoundSweep, MeasuredSweep } from '../model/sweep.js';
import { crossover, fitSweep, overheadShare } from './sweep.js';

/** What was measured, with a line for each variant and where the lines cross. */
export function fitted({ variants: measured, ...sweep }: MeasuredSweep): FoundSweep {
  const { confidence, at, items } = sweep;
  const variants = measured.map(({ key, points }): FoundSweep['variants'][number] => {
    const result = fitSweep(points, confidence);
    return { key, points, result, overheadShare: result.kind === 'line' ? overheadShare(result.fit, at, confidence) : null };
  });
  return { ...sweep, variants, crossovers: crossoversOf(variants, items, confidence) };
}

function crossoversOf(variants: FoundSweep['variants'], items: readonly number[], confidence: number): FoundSweep['crossovers'] {
  const [baseline, ...others] = variants;
  if (baseline?.result.kind !== 'line') return [];
  const base = baseline.result.fit;
  const [from, to] = [Math.min(...items), Math.max(...items)];
  return others.flatMap(({ key, result }) =>
    result.kind === 'line' ? [{ baseline: baseline.key, candidate: key, at: crossover(base, result.fit, from, to, confidence) }] : [],
  );
}
