import type { FlameNode } from '../model/analysis.js';
import { EXIT, UserError } from '../model/errors.js';
import type { ForeignProfile, ProfileBasis, ProfileComparison } from '../model/foreign.js';
import { childrenOf, mapTree } from '../model/pre-order.js';
import { diffFrames } from './diff.js';
import { rescaleFrame, type Frame } from './frames.js';
import { type AnalyseOptions, settingsOf } from './options.js';

export interface CompareProfilesOptions extends AnalyseOptions {
  /** Default: time for what was measured in a unit of time, share for samples and counts. */
  readonly basis?: ProfileBasis;
}

/**
 * Compares profiles of other tools, frame by frame. A frame is called different only where its interval clears zero
 * after false-discovery control: samples know their own error, repeated executions show theirs, and a frame that was
 * seen once stays undecided.
 *
 * @throws UserError when the basis is time and one of the two counts something else.
 */
export function compareProfiles(
  baseline: ForeignProfile,
  candidate: ForeignProfile,
  options: CompareProfilesOptions = {},
): ProfileComparison {
  const timed = baseline.unit === 'time' && candidate.unit === 'time';
  const basis = options.basis ?? (timed && baseline.taken === 'measured' && candidate.taken === 'measured' ? 'time' : 'share');
  if (basis === 'time' && !timed) {
    const odd = baseline.unit === 'time' ? candidate : baseline;
    throw new UserError(`${odd.name} does not state times, so only shares can be compared: leave out --by time.`, EXIT.badInput);
  }
  const [left, right] = [frameOf(baseline.tree), frameOf(candidate.tree)];
  const [before, after] = [left.totalNanos, right.totalNanos];
  const stretched = basis === 'share' && after > 0 ? rescaleFrame(right, before / after) : right;
  return {
    baseline: baseline.name,
    candidate: candidate.name,
    basis,
    ratio: timed && before > 0 ? after / before : null,
    diff: diffFrames(left, stretched, 0, settingsOf(options)),
  };
}

/** Dispatch and kernel are told apart by whether anything is below, which may differ between the two sides. */
const frameOf = (tree: FlameNode): Frame =>
  mapTree(tree, childrenOf, ({ shapes, ...node }, children: Frame[]): Frame => ({
    ...node,
    kind: node.kind === 'kernel' ? 'dispatch' : node.kind,
    // A differential frame says runs per call, and here the whole profile is the call.
    count: node.count * node.perCall.calls,
    shapes: shapes ?? [],
    calls: null,
    blocks: [],
    children,
  }));

/**
 * Which profile of one file belongs to which of the other: those of one name, else the only ones, else in order.
 *
 * @throws UserError when one side has none
 */
export function pairProfiles(
  baseline: readonly ForeignProfile[],
  candidate: readonly ForeignProfile[],
): (readonly [ForeignProfile, ForeignProfile])[] {
  const [first] = baseline;
  const [other] = candidate;
  if (first === undefined || other === undefined)
    throw new UserError('Two profiles are needed to compare; one file holds none.', EXIT.badInput);
  // Threads and processes may share a name: the second of it belongs to the second.
  const left = [...candidate];
  const named = baseline.flatMap((each) => {
    const at = left.findIndex(({ name }) => name === each.name);
    return at < 0 ? [] : left.splice(at, 1).map((match) => [each, match] as const);
  });
  if (named.length > 0) return named;
  return baseline.slice(0, candidate.length).map((each, i) => [each, candidate[i] ?? other] as const);
}
