import type { VariantAnalysis } from '../model/analysis.js';
import { outsideProcesses } from './findings/outside.js';
import type { Note } from '../model/findings.js';
import type { Recording } from '../model/recording.js';
import { STAGES } from '../model/stage.js';
import { isCreation } from '../model/variant.js';
import { samplesNeeded } from './latency.js';
import type { VariantData } from './variant-data.js';

/** Our cost above this share of a call is worth a word. */
const NOTABLE_TOOL_SHARE = 0.05;
/** The program's own operations above this much of the time in calls, too. */
const NOTABLE_OUTSIDE = 0.1;

/** What a reader has to know to judge the figures. */
export function notesOn(
  recordings: readonly Recording[],
  variants: readonly VariantAnalysis[],
  data: readonly VariantData[],
  confidence: number,
): Note[] {
  return [
    ...recordings.flatMap(recordingNotes),
    ...openNotes(recordings),
    ...recordings.flatMap(restoredNotes),
    ...outsideNotes(recordings),
    ...variants.flatMap((variant) => stageNotes(variant, recordings[0]?.meta.tool.clockResolutionNanos ?? 0)),
    ...variants.flatMap(sampleNotes),
    ...data.flatMap(coverageNotes),
    ...recordings.flatMap(xlaNotes),
    ...variants.flatMap(({ key, sampling }): Note[] =>
      sampling === null ? [] : [{ kind: 'traced-calls', variant: key, sampling, confidence }],
    ),
    ...runNotes(recordings),
  ];
}

/** What the runs told besides their calls. Each process has a first operation: they are one note. */
export function runNotes(recordings: readonly Recording[]): Note[] {
  const notes = recordings.flatMap(({ run }) => run?.notes ?? []);
  const millis = notes.flatMap((note) => (note.kind === 'first-operation' ? [note.millis] : []));
  return notes.map((note) => (note.kind === 'first-operation' ? { kind: 'first-operations', millis } : note));
}

function recordingNotes({ complete, lostSpans, lostCalls, calls, spans }: Recording): Note[] {
  const notes: Note[] = [];
  if (lostCalls !== undefined) notes.push({ kind: 'recording-stopped', calls: calls.length, lostCalls });
  else if (!complete) notes.push({ kind: 'recording-incomplete' });
  if (lostSpans > 0) notes.push({ kind: 'spans-lost', lost: lostSpans, all: spans.length + lostSpans });
  return notes;
}

function openNotes(recordings: readonly Recording[]): Note[] {
  const calls = recordings.reduce((sum, { openCalls }) => sum + (openCalls ?? 0), 0);
  return calls === 0 ? [] : [{ kind: 'calls-open', calls }];
}

/** Building a model and preparing its input run some operations too: only what takes long is worth a word. */
function outsideNotes(recordings: readonly Recording[]): Note[] {
  const processes = outsideProcesses(recordings.flatMap((recording) => recording.outside ?? []));
  const outside = processes.reduce((sum, { nanos }) => sum + nanos, 0);
  const inCalls = recordings.flatMap(({ calls }) => calls).reduce((sum, { latencyNanos }) => sum + latencyNanos, 0);
  return outside <= NOTABLE_OUTSIDE * inCalls ? [] : [{ kind: 'outside-operations', processes }];
}

/** On a Node.js that lacks what tfjs-node calls, what was measured fails where Inferscope is not. */
function restoredNotes({ meta: { environment } }: Recording): Note[] {
  const { node, restored } = environment;
  return restored === undefined ? [] : [{ kind: 'restored', node, functions: restored }];
}

/** TensorFlow compiles clusters of operations, and leaves a model without one as it is: `graph-xla` is then just `graph`. */
function xlaNotes({ meta, calls, strings }: Recording): Note[] {
  const index = meta.variants.findIndex(({ name }) => name === 'graph-xla');
  const looked = calls.some(({ variant, traced }) => variant === index && traced === true);
  if (index < 0 || meta.model.runtime !== 'saved-model' || !looked || strings.includes('_XlaRun')) return [];
  return [{ kind: 'nothing-for-xla' }];
}

function stageNotes({ key, stages }: VariantAnalysis, resolutionNanos: number): Note[] {
  const notes = STAGES.flatMap((stage): Note[] => {
    const { nanosPerCall } = stages[stage];
    if (nanosPerCall <= 0 || nanosPerCall >= resolutionNanos) return [];
    return [{ kind: 'below-resolution', variant: key, stage, nanosPerCall, resolutionNanos }];
  });
  const { share } = stages.tool;
  return share > NOTABLE_TOOL_SHARE ? [...notes, { kind: 'tool-cost', variant: key, share }] : notes;
}

function sampleNotes({ key, name, call, calls, errors, latencyNanos }: VariantAnalysis): Note[] {
  const notes: Note[] = [];
  if (errors > 0) notes.push({ kind: 'calls-failed', variant: key, errors });
  // Making a session is never warm.
  if (calls === 0 && isCreation({ name, call })) return notes;
  if (calls === 0) notes.push({ kind: 'no-warm-call', variant: key });
  else if (latencyNanos.p99 === null) notes.push({ kind: 'p99-too-few', variant: key, calls, needed: samplesNeeded(0.99) });
  return notes;
}

function coverageNotes({ key, latencies, ledgerCalls }: VariantData): Note[] {
  if (latencies.length <= ledgerCalls || ledgerCalls === 0) return [];
  return [{ kind: 'calls-without-spans', variant: key, calls: latencies.length, withSpans: ledgerCalls }];
}
