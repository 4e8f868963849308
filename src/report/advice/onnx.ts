import { addToGroup } from '../../model/add-to-group.js';
import type { Advice, CallPoint, ColdCall, FlameNode, VariantAnalysis } from '../../model/analysis.js';
import { childrenOf, preOrder } from '../../model/pre-order.js';
import { isCreation, feedsItself } from '../../model/variant.js';
import { formatCount, formatShare, formatTime } from '../words.js';

/** Sessions of one model that were created more often than this, with fewer runs each than that, are a pattern. */
const MANY_SESSIONS = 3;
const FEW_RUNS = 10;

/** What a program on ONNX Runtime can do about where its time goes, beside what its kernels take. */
export function adviseOnSessions(baseline: VariantAnalysis, variants: readonly VariantAnalysis[], notableShare: number): Advice[] {
  return [...waits(baseline, notableShare), ...inputs(baseline, notableShare), ...outputs(baseline, notableShare), ...sessions(variants)];
}

/** A call waits for others only where calls overlap; a wait without is the machine's, and batches would not shorten it. */
function waits({ key, stages, timeline }: VariantAnalysis, notableShare: number): Advice[] {
  const { share, nanosPerCall } = stages.queue;
  if (share < notableShare || overlapping(timeline) < OVERLAPPING_SHARE) return [];
  return [
    {
      id: 'share-a-call',
      sentence: `Put inputs that come at the same time into one call: a call of ${key} waits ${formatTime(nanosPerCall)} (${formatShare(share)}) before it runs.`,
      evidence:
        'ONNX Runtime runs one call after the other on the JavaScript thread: calls that are made meanwhile wait, and so does the event loop. A batch, or worker threads, wait less; at most the wait can be saved.',
      saving: { share, interval: [0, share] },
      verified: false,
    },
  ];
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

/** What to do about each step of preparing input, by the name of its span. */
const STEPS: Readonly<Record<string, string>> = {
  'image-decoding': 'Hand over smaller images, or decoded ones: decoding them',
  processor: 'Run the processor in a worker thread, beside the model of the call before: it',
  tokenizer: 'Hand over several texts per call: the tokenizer',
};

/** Only images are decoded in a pipeline; the other inputs that a processor takes are sounds. */
const IMAGE_STEPS: typeof STEPS = { ...STEPS, processor: 'Resize images before they are handed over: the processor' };

function inputs(variant: VariantAnalysis, notableShare: number): Advice[] {
  const { key, stages, tree, calls } = variant;
  const { share, nanosPerCall } = stages['data-adapter'];
  if (share < notableShare) return [];
  const [step, nanos] = heaviestStep(tree);
  const steps = holds(tree, 'image-decoding') ? IMAGE_STEPS : STEPS;
  const found = step === undefined || nanos * 2 < nanosPerCall * calls ? undefined : steps[step];
  if (found === undefined && feedsItself(variant)) return [];
  const what = found ?? 'Make input tensors once where the same data is used again: preparing input';
  return [
    {
      id: 'prepare-less',
      sentence: `${what} takes ${formatTime(found === undefined ? nanosPerCall : nanos / calls)} of each call.`,
      evidence: `The data adapter of ${key} takes ${formatTime(nanosPerCall)}, ${formatShare(share)} of a call: that is the most it can save.`,
      saving: { share, interval: [0, share] },
      verified: false,
    },
  ];
}

const holds = (tree: FlameNode, name: string): boolean => preOrder(tree, childrenOf).nodes.some((node) => node.name === name);

/** The step with the most time of its own and of what it calls, over all calls. */
function heaviestStep(tree: FlameNode): readonly [name: string | undefined, nanos: number] {
  const nanos = new Map<string, number>();
  const isStep = ({ name }: FlameNode): boolean => STEPS[name] !== undefined;
  // A step within another is that one's time.
  for (const { name, totalNanos } of preOrder(tree, (node) => (isStep(node) ? [] : node.children)).nodes.filter(isStep))
    nanos.set(name, (nanos.get(name) ?? 0) + totalNanos);
  return [...nanos].sort(([, a], [, b]) => b - a)[0] ?? [undefined, 0];
}

/** Outputs are copied to JavaScript; which of them transformers.js asks for is its own affair. */
function outputs(variant: VariantAnalysis, notableShare: number): Advice[] {
  if (feedsItself(variant)) return [];
  const { key, tree, calls, latencyNanos } = variant;
  const nanos = preOrder(tree, childrenOf).nodes.reduce((sum, node) => (node.name === 'fetch' ? sum + node.selfNanos : sum), 0);
  const share = calls === 0 || latencyNanos.mean === 0 ? 0 : nanos / calls / latencyNanos.mean;
  if (share < notableShare) return [];
  return [
    {
      id: 'fewer-outputs',
      sentence: `Ask only for the outputs that are used, \`session.run(feeds, ['name'])\`: copying them takes ${formatTime(nanos / calls)} of each call.`,
      evidence: `Every output of ${key} is copied to JavaScript, ${formatShare(share)} of a call: that is the most it can save.`,
      saving: { share, interval: [0, share] },
      verified: false,
    },
  ];
}

function sessions(variants: readonly VariantAnalysis[]): Advice[] {
  const runs = variants.filter((variant) => !isCreation(variant)).reduce((sum, { timeline }) => sum + timeline.length, 0);
  return variants.filter(isCreation).flatMap((variant) => {
    const cold = mostCreated(variant);
    if (cold.length <= MANY_SESSIONS || runs >= cold.length * FEW_RUNS) return [];
    const nanos = cold.reduce((sum, { latencyNanos }) => sum + latencyNanos, 0);
    return [
      {
        id: 'keep-the-session',
        sentence: `Create the session once and keep it: ${formatCount(cold.length)} were created, ${formatTime(nanos / cold.length)} each.`,
        evidence: `${formatCount(runs)} calls were made with them; creating took ${formatTime(nanos)} altogether.`,
        saving: null,
        verified: true,
      },
    ];
  });
}

/** Creations of the session that was created most often: a model of several files has one for each. */
function mostCreated({ cold }: VariantAnalysis): readonly ColdCall[] {
  const bySession = new Map<string, ColdCall[]>();
  for (const creation of cold) addToGroup(bySession, creation.signature, creation);
  return [...bySession.values()].sort((a, b) => b.length - a.length)[0] ?? [];
}
