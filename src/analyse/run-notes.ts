import { never } from '../model/errors.js';
import { formatNanos } from '../model/nanos.js';
import type { Recording } from '../model/recording.js';
import type { RunNote } from '../model/run-facts.js';

/** What the runs told besides their calls, a sentence each, once. */
export function runNotes(recordings: readonly Recording[]): readonly string[] {
  const notes = recordings.flatMap(({ run }) => run?.notes ?? []);
  const startUps = notes.flatMap((note) => (note.kind === 'first-operation' ? [note.millis] : []));
  return [...new Set(notes.flatMap((note) => (note.kind === 'first-operation' ? startUpSentence(startUps) : sentencesOf(note))))];
}

/** Each process has a first operation: of several, the range. */
function startUpSentence(millis: readonly number[]): string {
  const [low, high] = [Math.min(...millis), Math.max(...millis)].map((value) => value.toFixed(1));
  if (millis.length === 1) return `The first operation of the process took ${low ?? ''} ms (library start-up); it is in no call.`;
  return `The first operation of each process took ${low ?? ''} to ${high ?? ''} ms (library start-up); it is in no call.`;
}

function sentencesOf(note: Exclude<RunNote, { readonly kind: 'first-operation' }>): readonly string[] {
  switch (note.kind) {
    case 'said':
      return [note.sentence];
    case 'plain-backend':
      return [backendSentence(note)];
    case 'no-session-kernels':
      return [`Kernels inside session runs are not shown: ${note.reason}.`];
    case 'no-passes':
      return [`The passes of the graph optimiser are not shown: ${note.reason}.`];
    case 'stopped':
      return [`${note.what === 'control' ? 'The control ' : ''}${note.variant} stopped: ${note.reason}`];
    case 'interrupted':
      return [
        note.by === 'user'
          ? 'The run was interrupted: the figures are of the calls made until then.'
          : 'Python ended before the run was complete: the figures are of the calls made until then.',
      ];
    case 'from-jaeger':
      return jaegerSentences(note);
    case 'keras':
      return [`Keras ${note.version} on ${note.backend}, Python ${note.python} (${note.executable}).`];
    case 'keras-overhead': {
      const ratios = note.ratios.map(({ variant, ratio }) => `${variant} ${ratio.toFixed(2)}`);
      return [`Cost of instrumentation, recorded ÷ bare call in the same process: ${ratios.join(', ')}.`];
    }
    case 'keras-growth': {
      const { variant, bytesPerCall, nanos } = note;
      const call = nanos === null ? '' : ` of ${formatNanos(nanos)}`;
      return [`${variant}: the process grew by ${(bytesPerCall / 1024).toFixed(0)} KiB with each call${call}.`];
    }
    case 'keras-rebuilt':
      return [`Graphs of the input pipeline are built again at each call of ${note.variants.join(', ')}: ${note.functions.join(', ')}.`];
    case 'keras-seams':
      return [`This version of Keras lacks the functions that bound ${note.missing.join(', ')}: their time is in the stage around them.`];
    default:
      return never(note);
  }
}

function backendSentence({ backend, how }: Extract<RunNote, { readonly kind: 'plain-backend' }>): string {
  const why = how === 'chosen' ? ', because this project has no @tensorflow/tfjs-node (--backend chooses another)' : '';
  return `The model ran on the backend ${backend} of TensorFlow.js${why}. The variants graph and graph-xla, and operations below a kernel, need native TensorFlow and are not there.`;
}

function jaegerSentences({ url, service, calls, spans, hosts }: Extract<RunNote, { readonly kind: 'from-jaeger' }>): readonly string[] {
  const read = `Read from Jaeger at ${url}: ${calls} calls of "${service}", ${spans} spans, from ${hosts} machine${hosts === 1 ? '' : 's'}.`;
  return hosts > 1 ? [read, 'The environment shown is that of the first call; differences between machines are in the figures.'] : [read];
}
