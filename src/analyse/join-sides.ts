import type { CallPoint, VariantAnalysis } from '../model/analysis.js';
import type { ComparisonFinding, Findings, Note, TrustFinding } from '../model/findings.js';
import type { Recording } from '../model/recording.js';
import { analyse } from './analyse.js';
import { modelsApart } from './models.js';

export interface JoinOptions {
  readonly comparisons: readonly ComparisonFinding[];
  readonly notes: readonly Note[];
  /**
   * `runs`: each side is a run with a certificate of its own, and the worse one counts. `pairs`: pairs of processes show what
   * machines do.
   */
  readonly judgedBy: 'runs' | 'pairs';
}

/** Two sides as one analysis, for the same report as any other run: each variant twice, named after its side. */
export function joinSides(one: readonly Recording[], other: readonly Recording[], { comparisons, notes, judgedBy }: JoinOptions): Findings {
  const both = modelsApart([...one, ...other]);
  const [baseline, candidate] = [both.slice(0, one.length), both.slice(one.length)];
  const before = analyse(baseline);
  const after = analyse(candidate);
  const marked = (variants: readonly VariantAnalysis[], side: string): VariantAnalysis[] =>
    variants
      .filter(({ timeline }) => timeline.length > 0)
      .map((variant) => ({ ...variant, key: `${variant.key} (${side})`, name: `${variant.name} (${side})` }));
  // The page draws single calls from the recordings of both sides, one list after the other.
  const moved = (points: readonly CallPoint[]): CallPoint[] =>
    points.map((point) =>
      point.source === undefined ? point : { ...point, source: { ...point.source, recording: point.source.recording + baseline.length } },
    );
  const trust = judgedBy === 'pairs' ? undefined : worseTrust(before.trust, after.trust);
  return {
    ...ofBoth(before),
    variants: [
      ...marked(before.variants, 'baseline'),
      ...marked(after.variants, 'candidate').map((variant) => ({ ...variant, timeline: moved(variant.timeline) })),
    ],
    comparisons: comparisons.map((comparison) => ({
      ...comparison,
      baseline: `${comparison.baseline} (baseline)`,
      candidate: `${comparison.candidate} (candidate)`,
    })),
    spans: { recorded: before.spans.recorded + after.spans.recorded, accepted: null, lost: before.spans.lost + after.spans.lost },
    notes: [...notes, ...ofSide(before.notes, 'baseline'), ...ofSide(after.notes, 'candidate')],
    evidence: null,
    ...(trust === undefined ? {} : { trust }),
  };
}

/** Both sides may have a variant of one name: what a note says of it is said of one side's. */
const ofSide = (notes: readonly Note[], side: string): Note[] =>
  notes.map((note) => ('variant' in note ? { ...note, variant: `${note.variant} (${side})` } : note));

/** The certificate of the run that is worse off: a failed pair of either must be seen. */
function worseTrust(before: TrustFinding | undefined, after: TrustFinding | undefined): TrustFinding | undefined {
  const runs = [
    ['baseline', before],
    ['candidate', after],
  ] as const;
  const grades: readonly TrustFinding['grade'][] = ['failed', 'not-run', 'passed'];
  const found = grades.flatMap((grade) => runs.flatMap(([side, trust]) => (trust?.grade === grade ? [{ ...trust, run: side }] : [])));
  return found[0];
}

/** Without what a report would show as that of both sides. */
function ofBoth({ ...analysis }: Findings): Omit<Findings, 'trust' | 'passes' | 'loads'> {
  delete analysis.trust;
  delete analysis.passes;
  delete analysis.loads;
  return analysis;
}
