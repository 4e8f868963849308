import type { SamplingFigure } from '../../model/analysis.js';
import { never } from '../../model/errors.js';
import type { Note } from '../../model/findings.js';
import { formatMultiple } from '../../model/multiple.js';
import type { OutsideProcess } from '../../model/outside-operations.js';
import { paritySentence } from './parity.js';
import { runNoteSentence } from './run-notes.js';
import { countOf, formatConfidence, formatShare, formatTime, STAGE_LABELS } from '../words.js';

type NoteOf<Kind extends Note['kind']> = Extract<Note, { readonly kind: Kind }>;

/** Kinds that say that figures are missing, which nobody should have to look for. */
const MISSING: ReadonlySet<Note['kind']> = new Set<Note['kind']>([
  'recording-stopped',
  'recording-incomplete',
  'calls-open',
  'spans-lost',
  'outside-operations',
  'calls-failed',
  'no-warm-call',
  'calls-without-spans',
  'stopped',
  'interrupted',
  'no-session-kernels',
  'keras-seams',
]);

/** Whether a note says that figures are missing. */
export const saysMissing = (note: Note): boolean => MISSING.has(note.kind) || (note.kind === 'said' && note.of === 'missing');

/** A note as one or two sentences. */
export function noteSentence(note: Note): string {
  switch (note.kind) {
    case 'recording-stopped':
      return `Recording had to stop after ${note.calls} calls (the program's standard error says why): ${note.lostCalls} later calls are missing.`;
    case 'recording-incomplete':
      return 'The recording is incomplete: the run ended before its file was closed.';
    case 'calls-open':
      return `${callCount(note.calls)} had begun and not ended when the program did: ${note.calls === 1 ? 'it is' : 'they are'} not in the figures.`;
    case 'spans-lost':
      return `${note.lost} of ${note.all} spans were lost; the calls they belonged to show less detail.`;
    case 'restored':
      return restoredSentence(note.node, note.functions);
    case 'outside-operations':
      return `Outside of model calls, the program ran ${outsideWords(note.processes)}, as in training or preprocessing; they are not in these figures.`;
    case 'below-resolution':
      return `${note.variant}: ${STAGE_LABELS[note.stage]} takes ${formatTime(note.nanosPerCall)} per call, less than the clock's resolution of ${formatTime(note.resolutionNanos)}: practically nothing.`;
    case 'tool-cost':
      return `${note.variant}: recording itself took ${formatShare(note.share)} of the call (stage "${STAGE_LABELS.tool}").`;
    case 'calls-failed':
      return `${note.variant}: ${callCount(note.errors)} threw an error and ${note.errors === 1 ? 'is' : 'are'} not in the figures.`;
    case 'no-warm-call':
      return `${note.variant}: no warm call was measured.`;
    case 'p99-too-few':
      return `${note.variant}: p99 needs at least ${note.needed} calls (${note.calls} measured).`;
    case 'calls-without-spans':
      return `${note.variant}: stages come from ${note.withSpans} of ${note.calls} calls, those recorded with spans.`;
    case 'nothing-for-xla':
      return 'graph-xla: XLA found no group of operations to compile in this model, so it ran like graph. TF_XLA_FLAGS=--tf_xla_min_cluster_size=1 lets it compile smaller groups.';
    case 'sides':
      return `Baseline: ${note.baseline}. Candidate: ${note.candidate}.`;
    case 'outputs':
      return paritySentence(note.parity);
    case 'other-machine':
      return 'The runs were recorded on different machines: shares of a call are compared, not times.';
    case 'not-interleaved':
      return 'The runs were not interleaved: whatever changed on the machine between them, and could not be corrected for, is part of the difference.';
    case 'sides-differ':
      return `The sides differ in ${note.differences.map(({ field, baseline, candidate }) => `${field} (${baseline} against ${candidate})`).join(', ')}.`;
    case 'runs-differ':
      return `The runs differ in ${note.difference.field}: ${note.difference.baseline} against ${note.difference.candidate}.`;
    case 'scripts-sampled':
      return scriptsSentence(note);
    case 'traced-calls':
      return tracedSentence(note.variant, note.sampling, note.confidence);
    case 'first-operations':
    case 'from-clickhouse':
    case 'from-jaeger':
    case 'interrupted':
    case 'keras-growth':
    case 'keras-overhead':
    case 'keras-rebuilt':
    case 'keras-seams':
    case 'keras':
    case 'no-passes':
    case 'no-session-kernels':
    case 'plain-backend':
    case 'said':
    case 'same-graph':
    case 'stopped':
      return runNoteSentence(note);
    default:
      return never(note);
  }
}

/** Where kernel details come from, and what tracing them took. `confidence`: of the bound. */
function tracedSentence(
  key: string,
  { traced, tracedInWarmUp, calls, period, nanos, share, upper }: SamplingFigure,
  confidence: number,
): string {
  if (period === null) {
    return `${key}: kernel details come from ${tracedInWarmUp} traced ${word(tracedInWarmUp)} of the warm-up; tracing one of these ${calls} calls would have taken more than 5 % of their time.`;
  }
  const bound = upper === null || upper === 0 ? '' : ` (at most ${formatShare(upper)} with ${formatConfidence(confidence)} confidence)`;
  const took =
    nanos === 0
      ? 'What tracing took is less than the calls scatter by'
      : `Tracing took ${formatTime(nanos)}, ${formatShare(share)} of their time`;
  return `${key}: kernel details come from ${traced} traced ${word(traced)} of ${calls}; latencies from the other ${calls - traced}. ${took}${bound}.`;
}

function scriptsSentence({
  variant,
  calls,
  samples,
  gcSamples,
  intervalMicros,
  medianNanos,
  measuredMedianNanos: measured,
  inMeasuredCalls,
}: NoteOf<'scripts-sampled'>): string {
  if (inMeasuredCalls)
    return `JavaScript of ${variant}: ${samples} V8 samples, one every ${intervalMicros} µs, in the ${calls} measured ${word(calls)}, whose latencies include what sampling costs. ${countOf(gcSamples, 'sample')} ${gcSamples === 1 ? 'was' : 'were'} garbage collection.`;
  const cost =
    measured === null
      ? ''
      : `, ${formatMultiple(medianNanos / measured)} × a measured call (${formatTime(medianNanos)} against ${formatTime(measured)})`;
  return `JavaScript of ${variant}: ${samples} V8 samples, one every ${intervalMicros} µs, in ${calls} separate ${word(calls)}${cost}; no other figure includes them. ${countOf(gcSamples, 'sample')} ${gcSamples === 1 ? 'was' : 'were'} garbage collection.`;
}

const word = (calls: number): string => (calls === 1 ? 'call' : 'calls');
const callCount = (calls: number): string => `${calls} ${word(calls)}`;

/**
 * What a user has to know whose program works only under Inferscope.
 *
 * @param node version of Node.js
 * @param restored functions that it lacks, at least one: `util.isNullOrUndefined`
 */
export const restoredSentence = (node: string, restored: readonly string[]): string =>
  `Node.js ${node} has no ${restored.join(' and no ')}, which tfjs-node calls: Inferscope put it back. ` +
  "Without Inferscope a program fails there: add `import 'inferscope/node-compat'` to it, or start it with `node --import inferscope/node-compat`.";

/** Kinds of operation, and processes, that are named. */
const MAX_NAMED = 3;

/**
 * How many, how long, and what takes most of it: `1,240 operations (3.10 s, most of it in FusedConv2D, Add and Cast)`; of several
 * processes each by itself, because their times overlap.
 */
export function outsideWords(processes: readonly OutsideProcess[]): string {
  const [only, ...others] = processes;
  if (only !== undefined && others.length === 0) return `${operationsOf(only)} (${timeOf(only)})`;
  const named = processes
    .slice(0, MAX_NAMED)
    .map((one) => `${one.process === null ? 'one without a number' : `process ${one.process}`}: ${operationsOf(one)}, ${timeOf(one)}`);
  const left = processes.length - named.length;
  return `operations in ${countOf(processes.length, 'process', 'processes')} (${[...named, ...(left > 0 ? [`${left} more`] : [])].join('; ')})`;
}

const operationsOf = ({ operations, threads }: OutsideProcess): string =>
  `${countOf(operations, 'operation')}${threads === 1 ? '' : ` on ${countOf(threads, 'thread')}`}`;

function timeOf({ nanos, threads, kinds }: OutsideProcess): string {
  const names = kinds.slice(0, MAX_NAMED);
  const listed = names.length < 2 ? names.join('') : `${names.slice(0, -1).join(', ')} and ${names.at(-1) ?? ''}`;
  return `${formatTime(nanos)}${threads === 1 ? '' : ' added up'}, ${kinds.length <= MAX_NAMED ? 'all' : 'most'} of it in ${listed}`;
}
