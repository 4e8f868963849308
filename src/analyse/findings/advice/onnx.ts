import { addToGroup } from '../../../model/add-to-group.js';
import type { CallPoint, ColdCall, FlameNode, VariantAnalysis } from '../../../model/analysis.js';
import { childrenOf, preOrder } from '../../../model/pre-order.js';
import { isCreation, feedsItself } from '../../../model/variant.js';
import { atMost, CERTAIN, NOTABLE_SHARE, type Weighed } from './weighed.js';

/** Sessions of one model that were created more often than this, with fewer runs each than that, are a pattern. */
const MANY_SESSIONS = 3;
const FEW_RUNS = 10;

/** What a program on ONNX Runtime can do about where its time goes, beside what its kernels take. Nanoseconds are of a call. */
export type SessionFinding = Weighed &
  (
    | { readonly kind: 'waits'; readonly key: string; readonly nanos: number; readonly share: number }
    | {
        readonly kind: 'input';
        readonly key: string;
        /** The step that takes most of it; null where none does. */
        readonly step: InputStep | null;
        readonly stepNanos: number;
        readonly adapterNanos: number;
        readonly share: number;
      }
    | { readonly kind: 'outputs'; readonly key: string; readonly nanos: number; readonly share: number }
    | { readonly kind: 'sessions'; readonly sessions: number; readonly runs: number; readonly nanos: number }
  );

/** Steps of preparing input, by the names of their spans; `image-processor` is a processor that is given images. */
export type InputStep = StepName | 'image-processor';
const STEPS = ['image-decoding', 'processor', 'tokenizer'] as const;
type StepName = (typeof STEPS)[number];

export const sessionFindings = (baseline: VariantAnalysis, variants: readonly VariantAnalysis[]): readonly SessionFinding[] => [
  ...waits(baseline),
  ...inputs(baseline),
  ...outputs(baseline),
  ...sessions(variants),
];

/** A call waits for others only where calls overlap; a wait without is the machine's, and batches would not shorten it. */
function waits({ key, stages, timeline }: VariantAnalysis): readonly SessionFinding[] {
  const { share, nanosPerCall } = stages.queue;
  if (share < NOTABLE_SHARE || overlapping(timeline) < OVERLAPPING_SHARE) return [];
  return [{ kind: 'waits', id: 'share-a-call', key, nanos: nanosPerCall, share, ...atMost(share) }];
}

/** Calls that begin while another one is under way, as a share of all. */
const OVERLAPPING_SHARE = 0.25;

function overlapping(timeline: readonly CallPoint[]): number {
  let end = 0;
  let overlaps = 0;
  for (const { startNanos, latencyNanos } of [...timeline].sort((a, b) => a.startNanos - b.startNanos)) {
    if (startNanos < end) overlaps++;
    end = Math.max(end, startNanos + latencyNanos);
  }
  return timeline.length === 0 ? 0 : overlaps / timeline.length;
}

function inputs(variant: VariantAnalysis): readonly SessionFinding[] {
  const { key, stages, tree, calls } = variant;
  const { share, nanosPerCall } = stages['data-adapter'];
  if (share < NOTABLE_SHARE) return [];
  const [heaviest, nanos] = heaviestStep(tree);
  const found = nanos * 2 < nanosPerCall * calls ? null : heaviest;
  if (found === null && feedsItself(variant)) return [];
  // Only images are decoded in a pipeline; the other inputs that a processor takes are sounds.
  const step = found === 'processor' && holds(tree, 'image-decoding') ? 'image-processor' : found;
  return [{ kind: 'input', id: 'prepare-less', key, step, stepNanos: nanos / calls, adapterNanos: nanosPerCall, share, ...atMost(share) }];
}

const holds = (tree: FlameNode, name: string): boolean => preOrder(tree, childrenOf).nodes.some((node) => node.name === name);

/** The step with the most time of its own and of what it calls, over all calls; null without any. */
function heaviestStep(tree: FlameNode): readonly [step: StepName | null, nanos: number] {
  const nanos = new Map<StepName, number>();
  const stepOf = ({ name }: FlameNode): StepName | undefined => STEPS.find((step) => step === name);
  // A step within another is that one's time.
  for (const node of preOrder(tree, (node) => (stepOf(node) === undefined ? node.children : [])).nodes) {
    const step = stepOf(node);
    if (step !== undefined) nanos.set(step, (nanos.get(step) ?? 0) + node.totalNanos);
  }
  return [...nanos].sort(([, a], [, b]) => b - a)[0] ?? [null, 0];
}

/** Outputs are copied to JavaScript; which of them transformers.js asks for is its own affair. */
function outputs(variant: VariantAnalysis): readonly SessionFinding[] {
  if (feedsItself(variant)) return [];
  const { key, tree, calls, latencyNanos } = variant;
  const all = preOrder(tree, childrenOf).nodes.reduce((sum, node) => (node.name === 'fetch' ? sum + node.selfNanos : sum), 0);
  const nanos = calls === 0 ? 0 : all / calls;
  const share = latencyNanos.mean === 0 ? 0 : nanos / latencyNanos.mean;
  return share < NOTABLE_SHARE ? [] : [{ kind: 'outputs', id: 'fewer-outputs', key, nanos, share, ...atMost(share) }];
}

function sessions(variants: readonly VariantAnalysis[]): readonly SessionFinding[] {
  const runs = variants.filter((variant) => !isCreation(variant)).reduce((sum, { timeline }) => sum + timeline.length, 0);
  return variants.filter(isCreation).flatMap((variant): SessionFinding[] => {
    const cold = mostCreated(variant);
    if (cold.length <= MANY_SESSIONS || runs >= cold.length * FEW_RUNS) return [];
    const nanos = cold.reduce((sum, { latencyNanos }) => sum + latencyNanos, 0);
    return [{ kind: 'sessions', id: 'keep-the-session', sessions: cold.length, runs, nanos, ...CERTAIN }];
  });
}

/** Creations of the session that was created most often: a model of several files has one for each. */
function mostCreated({ cold }: VariantAnalysis): readonly ColdCall[] {
  const bySession = new Map<string, ColdCall[]>();
  for (const creation of cold) addToGroup(bySession, creation.signature, creation);
  return [...bySession.values()].sort((a, b) => b.length - a.length)[0] ?? [];
}
