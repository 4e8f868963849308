/**
 * JavaScript functions below the spans. The tree's times come from the measured calls; the samples, taken in calls of
 * their own, only say what part of a span's self time each function had. So no total changes: what functions get, their
 * span's self time loses. Kernels and transfers are native: what is below them is their own name again, and is left out.
 */
import type { FlameNode, FrameStatistics, VariantAnalysis } from '../model/analysis.js';
import type { Findings, Note } from '../model/findings.js';
import { mapTree } from '../model/pre-order.js';
import type { ScriptSpan, ScriptStack, ScriptStacks, ScriptVariant } from '../model/script.js';
import { holdsScripts, placeBelow, sampledPlaces, samplesOf, stacksBelow, stacksByFunction, type SampledPlace } from './sampled-spans.js';
import { withScriptDifferences } from './script-differences.js';

/** An analysis whose trees show JavaScript functions where samples know them, and which says what that rests on. */
export function withScripts(analysis: Findings, stacks: ScriptStacks | null): Findings {
  if (stacks === null) return analysis;
  const variants = analysis.variants.map((variant) => {
    const sampled = stacks.variants.find(({ key }) => key === variant.key);
    return sampled === undefined ? variant : graftVariant(variant, sampled);
  });
  const comparisons = analysis.comparisons.map((comparison) =>
    withScriptDifferences(comparison, analysis.variants, stacks, analysis.confidence),
  );
  return {
    ...analysis,
    variants,
    comparisons,
    notes: [...analysis.notes, ...stacks.variants.map((sampled) => noteOn(sampled, analysis.variants))],
  };
}

function noteOn(
  { key, calls, samples, gcSamples, intervalMicros, medianNanos, inMeasuredCalls = false }: ScriptVariant,
  variants: readonly VariantAnalysis[],
): Note {
  const measured = variants.find((variant) => variant.key === key)?.latencyNanos.p50 ?? 0;
  return {
    kind: 'scripts-sampled',
    variant: key,
    calls,
    samples,
    gcSamples,
    intervalMicros,
    medianNanos,
    measuredMedianNanos: measured > 0 ? measured : null,
    inMeasuredCalls,
  };
}

function graftVariant(variant: VariantAnalysis, sampled: ScriptVariant): VariantAnalysis {
  const root: Placed = { node: variant.tree, place: sampledPlaces(sampled) };
  const below = ({ node, place }: Placed): readonly Placed[] =>
    node.children.map((child) => ({ node: child, place: placeBelow(place, child) }));
  return {
    ...variant,
    tree: mapTree(root, below, ({ node, place }, children: FlameNode[]) =>
      withFunctions(node, children, holdsScripts(node) ? (place?.span ?? null) : null),
    ),
  };
}

/** A frame with what was sampled at and below it. */
interface Placed {
  readonly node: FlameNode;
  readonly place: SampledPlace | undefined;
}

function withFunctions(node: FlameNode, children: readonly FlameNode[], span: ScriptSpan | null): FlameNode {
  if (span === null || node.selfNanos <= 0) return { ...node, children };
  const all = samplesOf(span.stacks);
  const functions = functionsBelow(node, span.stacks, all);
  const given = functions.reduce((sum, { totalNanos }) => sum + totalNanos, 0);
  const left = Math.max(0, node.selfNanos - given);
  const calls = Math.max(1, node.perCall.calls);
  return { ...node, children: [...children, ...functions], selfNanos: left, perCall: { ...node.perCall, meanSelfNanos: left / calls } };
}

/** The functions in some stacks of a span, outermost first, with what is below each. */
function functionsBelow(span: FlameNode, stacks: readonly ScriptStack[], all: number): readonly FlameNode[] {
  return stacksByFunction(stacks).map((root) =>
    mapTree(root, stacksBelow, ({ name, stacks: inside, ending }, children: FlameNode[]): FlameNode => {
      const nanos = (some: readonly ScriptStack[]): number => (span.selfNanos * samplesOf(some)) / all;
      return {
        name,
        kind: 'script',
        stage: ending[0]?.stage ?? span.stage,
        // How often it ran is not known.
        count: 0,
        totalNanos: nanos(inside),
        selfNanos: nanos(ending),
        perCall: statistics(span, samplesOf(inside), samplesOf(ending), all),
        children,
      };
    }),
  );
}

/** A share of samples has a binomial error. */
function statistics({ perCall }: FlameNode, total: number, self: number, all: number): FrameStatistics {
  const part = (samples: number): readonly [mean: number, error: number] => {
    const share = samples / all;
    return [perCall.meanSelfNanos * share, perCall.meanSelfNanos * Math.sqrt((share * (1 - share)) / all)];
  };
  const [meanTotalNanos, standardErrorTotalNanos] = part(total);
  const [meanSelfNanos, standardErrorSelfNanos] = part(self);
  return { calls: perCall.calls, meanTotalNanos, standardErrorTotalNanos, meanSelfNanos, standardErrorSelfNanos };
}
