import type { VariantAnalysis } from '../model/analysis.js';
import { formatNanos } from '../model/nanos.js';
import { mergedKernels, outsideNanos, outsideWords } from '../model/outside-operations.js';
import type { Recording } from '../model/recording.js';
import { restoredSentence } from '../model/restored.js';
import { STAGES } from '../model/stage.js';
import { samplesNeeded } from './latency.js';
import { runNotes } from './run-notes.js';
import { samplingSentence } from './sampling.js';
import type { VariantData } from './variant-data.js';

/** Our cost above this share of a call is worth a word. */
const NOTABLE_TOOL_SHARE = 0.05;
/** The program's own operations above this much of the time in calls, too. */
const NOTABLE_OUTSIDE = 0.1;

/** What a reader has to know to judge the figures, one sentence each. */
export function notesOn(
  recordings: readonly Recording[],
  variants: readonly VariantAnalysis[],
  data: readonly VariantData[],
  confidence: number,
): string[] {
  return [
    ...recordings.flatMap(recordingNotes),
    ...new Set(recordings.flatMap(restoredNotes)),
    ...outsideNotes(recordings),
    ...variants.flatMap((variant) => stageNotes(variant, recordings[0]?.meta.tool.clockResolutionNanos ?? 0)),
    ...variants.flatMap(sampleNotes),
    ...data.flatMap(coverageNotes),
    ...recordings.flatMap(xlaNotes),
    ...variants.flatMap(({ key, sampling }) => (sampling === null ? [] : [samplingSentence(key, sampling, confidence)])),
    ...runNotes(recordings),
  ];
}

function recordingNotes({ complete, lostSpans, lostCalls, calls, spans }: Recording): string[] {
  const notes: string[] = [];
  if (lostCalls !== undefined)
    notes.push(
      `Recording had to stop after ${calls.length} calls (the program's standard error says why): ${lostCalls} later calls are missing.`,
    );
  else if (!complete) notes.push('The recording is incomplete: the run was ended before it could close its file.');
  if (lostSpans > 0) {
    const all = spans.length + lostSpans;
    notes.push(`${lostSpans} of ${all} spans were lost; the calls they belonged to show less detail.`);
  }
  return notes;
}

/** Building a model and preparing its input run some operations too: only what takes long is worth a word. */
function outsideNotes(recordings: readonly Recording[]): string[] {
  const outside = mergedKernels(recordings.flatMap((recording) => recording.outside ?? []));
  const inCalls = recordings.flatMap(({ calls }) => calls).reduce((sum, { latencyNanos }) => sum + latencyNanos, 0);
  if (outsideNanos(outside) <= NOTABLE_OUTSIDE * inCalls) return [];
  return [
    `Outside of any call of a model the program ran ${outsideWords(outside)}, as in training or preprocessing: they are not in these figures.`,
  ];
}

/** On a Node.js that lacks what tfjs-node calls, what was measured fails where Inferscope is not. */
function restoredNotes({ meta: { environment } }: Recording): string[] {
  const { node, restored } = environment;
  return restored === undefined ? [] : [restoredSentence(node, restored)];
}

/** TensorFlow compiles clusters of operations, and leaves a model without one as it is: `graph-xla` is then just `graph`. */
function xlaNotes({ meta, calls, strings }: Recording): string[] {
  const index = meta.variants.findIndex(({ name }) => name === 'graph-xla');
  const looked = calls.some(({ variant, traced }) => variant === index && traced === true);
  if (index < 0 || meta.model.runtime !== 'saved-model' || !looked || strings.includes('_XlaRun')) return [];
  return [
    'graph-xla: XLA found no group of operations to compile in this model, so it ran as graph does. TF_XLA_FLAGS=--tf_xla_min_cluster_size=1 lets it compile smaller groups.',
  ];
}

function stageNotes({ key, stages }: VariantAnalysis, resolution: number): string[] {
  const notes = STAGES.flatMap((stage) => {
    const { nanosPerCall } = stages[stage];
    if (nanosPerCall <= 0 || nanosPerCall >= resolution) return [];
    return [
      `${key}: ${stage} takes ${formatNanos(nanosPerCall)} per call, less than the clock's resolution of ` +
        `${formatNanos(resolution)}; read it as "next to nothing".`,
    ];
  });
  if (stages.tool.share > NOTABLE_TOOL_SHARE) {
    notes.push(`${key}: recording itself took ${(stages.tool.share * 100).toFixed(1)} % of a call (stage "tool").`);
  }
  return notes;
}

function sampleNotes({ key, calls, errors, latencyNanos }: VariantAnalysis): string[] {
  const notes: string[] = [];
  if (errors > 0) notes.push(`${key}: ${errors} calls threw an error; they are left out of the figures.`);
  if (calls === 0) notes.push(`${key}: no warm call was measured.`);
  else if (latencyNanos.p99 === null) {
    notes.push(`${key}: p99 needs at least ${samplesNeeded(0.99)} calls (${calls} measured).`);
  }
  return notes;
}

function coverageNotes({ key, latencies, ledgerCalls }: VariantData): string[] {
  const notes: string[] = [];
  if (latencies.length > ledgerCalls && ledgerCalls > 0) {
    notes.push(`${key}: stages are from ${ledgerCalls} of ${latencies.length} calls, those recorded with spans.`);
  }
  return notes;
}
