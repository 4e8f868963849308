import { formatConfidence } from '../model/confidence.js';
import { formatMultiple } from '../model/multiple.js';
import { never } from '../model/errors.js';
import type { Verdict, Ratio } from '../model/verdict.js';

/** The verdict as one sentence with its figures. `remark` adds what is known about the pair. */
export function verdictSentence(
  baseline: string,
  candidate: string,
  ratio: Ratio,
  verdict: Verdict,
  confidence: number,
  remark: string | null,
): string {
  const [low, high] = ratio.interval;
  const figures = `${candidate} takes ${formatMultiple(ratio.value)} × the time of ${baseline} (${formatConfidence(confidence)} ${formatMultiple(low)} – ${formatMultiple(high)})`;
  const tail = remark === null ? '' : `; ${remark}`;
  return `${figures}: ${conclusion(ratio, verdict)}${tail}.`;
}

function conclusion(ratio: Ratio, verdict: Verdict): string {
  switch (verdict) {
    case 'faster':
      return `${formatMultiple(1 / ratio.value)} times as fast`;
    case 'slower':
      return `${formatMultiple(ratio.value)} times as slow`;
    case 'no-difference':
      return 'no difference';
    case 'cannot-tell':
      return INCONCLUSIVE[ratio.basis];
    default:
      return never(verdict);
  }
}

/** More calls settle what rounds do not; what processes differ by, they do not. */
const INCONCLUSIVE: Readonly<Record<Ratio['basis'], string>> = {
  'too-few': 'inconclusive, too few rounds',
  paired: 'inconclusive, more calls are needed',
  unpaired: 'inconclusive',
};

/** What is known to hold for a pair of variants of a runtime, when the verdict agrees with it. */
export function remarkOn(runtime: string, baseline: string, candidate: string, verdict: Verdict): string | null {
  const isCompiled = (key: string): boolean => key.startsWith('compiled');
  const call = (key: string): string => key.slice(key.indexOf('/') + 1);
  const onlyCompile =
    call(baseline) === call(candidate) &&
    ((baseline.startsWith('uncompiled') && isCompiled(candidate)) || (isCompiled(baseline) && isCompiled(candidate)));
  if (runtime === 'layers-model' && onlyCompile && verdict === 'no-difference') {
    return `compile() does not change ${call(candidate)} in tfjs`;
  }
  return null;
}
