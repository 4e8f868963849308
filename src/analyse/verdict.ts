import type { Remark } from '../model/findings.js';
import type { Verdict } from '../model/verdict.js';

/** What is known to hold for a pair of variants of a runtime, when the verdict agrees with it. */
export function remarkOn(runtime: string, baseline: string, candidate: string, verdict: Verdict): Remark | null {
  const isCompiled = (key: string): boolean => key.startsWith('compiled');
  const call = (key: string): string => key.slice(key.indexOf('/') + 1);
  const onlyCompile =
    call(baseline) === call(candidate) &&
    ((baseline.startsWith('uncompiled') && isCompiled(candidate)) || (isCompiled(baseline) && isCompiled(candidate)));
  if (runtime === 'layers-model' && onlyCompile && verdict === 'no-difference') {
    return { kind: 'compile-changes-nothing', call: call(candidate) };
  }
  return null;
}
