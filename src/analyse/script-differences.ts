/**
 * JavaScript functions in a difference. What a function had of its span's self time is known from samples only, taken in
 * calls of their own: its shift is the difference of two such shares, each with the scatter over blocks of consecutive
 * calls (never less than independent samples would have) and the error of the span's own time. These frames are judged
 * among themselves, so that sampling changes no verdict about what was measured.
 */
import type { DiffNode, FlameNode, VariantAnalysis } from '../model/analysis.js';
import { childrenOf, mapTree, preOrder } from '../model/pre-order.js';
import type { ScriptStack, ScriptStacks } from '../model/script.js';
import type { Stage } from '../model/stage.js';
import { diffFrames, greyed } from './diff.js';
import { emptyFrame, type Frame } from './frames.js';
import { holdsScripts, placeBelow, sampledPlaces, samplesOf, stacksBelow, stacksByFunction, type SampledPlace } from './sampled-spans.js';
import { settingsOf } from './options.js';
import { MIN_PAIRS } from './statistics/signed-rank.js';
import type { ComparisonFinding } from '../model/findings.js';

type Both<Item> = readonly [baseline: Item, candidate: Item];

/** One side of a frame: its place in the variant's tree, null where the side lacks it, and the samples that know it. */
interface Place {
  readonly node: FlameNode | null;
  readonly sampled: SampledPlace | undefined;
}

/** One side of a span with what was sampled in it. */
interface SampledSpan {
  readonly meanNanos: number;
  readonly standardErrorNanos: number;
  readonly stacks: readonly ScriptStack[];
}

/** A comparison whose difference has JavaScript functions below the spans, where both variants were sampled. */
export function withScriptDifferences(
  comparison: ComparisonFinding,
  variants: readonly VariantAnalysis[],
  stacks: ScriptStacks,
  confidence: number,
): ComparisonFinding {
  const places = [comparison.baseline, comparison.candidate].map((key): Place | null => {
    const variant = variants.find((one) => one.key === key);
    const sampled = stacks.variants.find((one) => one.key === key);
    return variant === undefined || sampled === undefined ? null : { node: variant.tree, sampled: sampledPlaces(sampled) };
  });
  const [baseline, candidate] = places;
  if (baseline === null || baseline === undefined || candidate === null || candidate === undefined) return comparison;
  const groups = groupsBelow(comparison.diff, [baseline, candidate]);
  const call = Math.max(comparison.diff.baseline.totalNanosPerCall, comparison.diff.candidate.totalNanosPerCall);
  const root = (side: 0 | 1): Frame => ({
    ...frameOf('', 'glue', [call, 0, 0, 0], ROOT_CALLS),
    children: [...groups.values()].map((group) => group[side]),
  });
  const judged = diffFrames(root(0), root(1), 0, settingsOf({ confidence })).children;
  const found = new Map([...groups.keys()].map((node, i) => [node, judged[i]]));
  return { ...comparison, diff: grafted(comparison.diff, found, comparison.withheld !== undefined) };
}

/** The functions of every span that can be split on both sides, as a group of its own. */
function groupsBelow(diff: DiffNode, places: Both<Place>): ReadonlyMap<DiffNode, Both<Frame>> {
  const groups = new Map<DiffNode, Both<Frame>>();
  const below = ({ node, places: [before, after] }: PlacedPair): readonly PlacedPair[] =>
    node.children.map((child) => ({
      node: child,
      places: [sideBelow(before, child, child.baseline.totalNanosPerCall), sideBelow(after, child, child.candidate.totalNanosPerCall)],
    }));
  for (const {
    node,
    places: [left, right],
  } of preOrder<PlacedPair>({ node: diff, places }, below).nodes) {
    const [before, after] = [
      sampledAt(node, node.baseline.selfNanosPerCall, left),
      sampledAt(node, node.candidate.selfNanosPerCall, right),
    ];
    if (holdsScripts(node) && before !== null && after !== null && before.stacks.length + after.stacks.length > 0)
      groups.set(node, groupOf(String(groups.size), node.stage, [before, after]));
  }
  return groups;
}

/** A frame of the difference with where it is in the tree of either variant. */
interface PlacedPair {
  readonly node: DiffNode;
  readonly places: Both<Place>;
}

function sideBelow({ node, sampled }: Place, child: DiffNode, totalNanos: number): Place {
  const match =
    node?.children.find(({ kind, name, perCall }) => kind === child.kind && name === child.name && perCall.meanTotalNanos === totalNanos) ??
    null;
  return { node: match, sampled: match === null ? undefined : placeBelow(sampled, match) };
}

/** Null for a span that takes time which no sample splits: beside one that is split, that would look like a shift. */
function sampledAt(shifted: DiffNode, selfNanos: number, { node, sampled }: Place): SampledSpan | null {
  if (selfNanos <= 0) return { meanNanos: 0, standardErrorNanos: 0, stacks: [] };
  const stacks = sampled?.span?.stacks;
  return stacks === undefined || node === null
    ? null
    : { meanNanos: selfNanos, standardErrorNanos: Math.max(node.perCall.standardErrorSelfNanos, drift(shifted, selfNanos)), stacks };
}

/** Calls of a round resemble each other: a side is not surer than the shift over rounds is, by its part of it. */
function drift({ selfInterval: [low, high], baseline, candidate }: DiffNode, selfNanos: number): number {
  return ((high / 2 - low / 2) / NORMAL_REACH) * (selfNanos / Math.max(baseline.selfNanosPerCall, candidate.selfNanosPerCall));
}

/** Half a 95 % interval in standard errors at the least; other confidences are near enough for an error of an error. */
const NORMAL_REACH = 1.96;

/** A group counts only with what its span keeps for itself: its total is judged where it was measured. */
function groupOf(name: string, stage: Stage, spans: Both<SampledSpan>): Both<Frame> {
  const functions = functionsBelow(spans, stage);
  const side = (i: 0 | 1): Frame => {
    const rest = partOf(
      spans[i],
      spans[i].stacks.filter(({ frames }) => frames.length === 0),
    );
    return { ...frameOf(name, stage, [0, 0, rest.mean, rest.standardError], rest.blocks), children: functions.map((pair) => pair[i]) };
  };
  return [side(0), side(1)];
}

/** The functions that either side has, outermost first, on both sides; their order is that of the stacks, the baseline's first. */
function functionsBelow(spans: Both<SampledSpan>, stage: Stage): readonly Both<Frame>[] {
  const merged = stacksByFunction([...spans[0].stacks, ...spans[1].stacks]);
  const sides = [new Set(spans[0].stacks), new Set(spans[1].stacks)] as const;
  return merged.map((root) =>
    mapTree(root, stacksBelow, ({ name, stacks, ending }, inner: Both<Frame>[]): Both<Frame> => {
      const own = ending[0]?.stage ?? stage;
      const side = (i: 0 | 1): Frame => {
        const isOwn = (stack: ScriptStack): boolean => sides[i].has(stack);
        const [total, self] = [partOf(spans[i], stacks.filter(isOwn)), partOf(spans[i], ending.filter(isOwn))];
        const frame = frameOf(name, own, [total.mean, total.standardError, self.mean, self.standardError], total.blocks);
        return { ...frame, count: samplesOf(stacks.filter(isOwn)) * ROOT_CALLS, children: inner.map((pair) => pair[i]) };
      };
      return [side(0), side(1)];
    }),
  );
}

/** A frame without children; `measured`: mean and standard error of total and of self time; `n`: what they are means of. */
const frameOf = (
  name: string,
  stage: Stage,
  [meanTotalNanos, standardErrorTotalNanos, meanSelfNanos, standardErrorSelfNanos]: readonly [number, number, number, number],
  n: number,
): Frame => ({
  ...emptyFrame(name),
  kind: 'script',
  stage,
  perCall: { calls: n, meanTotalNanos, standardErrorTotalNanos, meanSelfNanos, standardErrorSelfNanos },
});

/** Of the frame that holds the groups: counts are divided by it. */
const ROOT_CALLS = 2;

/** What some stacks had of their span's time. With too few blocks the error is not known: one block is a mean of nothing. */
function partOf(
  { meanNanos, standardErrorNanos, stacks }: SampledSpan,
  some: readonly ScriptStack[],
): { mean: number; standardError: number; blocks: number } {
  const all = samplesOf(stacks);
  if (all === 0) return { mean: 0, standardError: 0, blocks: MIN_PAIRS };
  const share = samplesOf(some) / all;
  const inBlock = sumBlocks(stacks);
  const own = sumBlocks(some);
  const blocks = inBlock.filter((samples) => samples > 0).length;
  const squares = inBlock.reduce((sum, samples, block) => sum + ((own[block] ?? 0) - share * samples) ** 2, 0);
  const scatter = Math.sqrt((squares * blocks) / Math.max(1, blocks - 1)) / all;
  // A function that was not met may still run: one sample more and one less keep its error above zero.
  const likely = (samplesOf(some) + 1) / (all + 2);
  const error = Math.max(scatter, Math.sqrt((likely * (1 - likely)) / all));
  return {
    mean: meanNanos * share,
    standardError: Math.hypot(meanNanos * error, share * standardErrorNanos),
    blocks: blocks < MIN_PAIRS ? 1 : blocks,
  };
}

function sumBlocks(stacks: readonly ScriptStack[]): readonly number[] {
  const sums: number[] = [];
  for (const { blocks = [] } of stacks) blocks.forEach((samples, block) => (sums[block] = (sums[block] ?? 0) + samples));
  return Array.from(sums, (samples: number | undefined) => samples ?? 0);
}

/** The difference with the judged groups below their spans; `grey`: the run's verdicts are withheld. */
function grafted(diff: DiffNode, groups: ReadonlyMap<DiffNode, DiffNode | undefined>, grey: boolean): DiffNode {
  return mapTree(diff, childrenOf, (node, children: DiffNode[]): DiffNode => {
    const group = groups.get(node);
    if (group === undefined) return { ...node, children };
    const shown = grey ? greyed(group) : group;
    return {
      ...node,
      baseline: { ...node.baseline, selfNanosPerCall: group.baseline.selfNanosPerCall },
      candidate: { ...node.candidate, selfNanosPerCall: group.candidate.selfNanosPerCall },
      selfInterval: group.selfInterval,
      selfSignificant: shown.selfSignificant,
      children: [...children, ...shown.children],
    };
  });
}
