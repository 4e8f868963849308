import { never } from '../../model/errors.js';
import type { NoteOfRun } from '../../model/findings.js';
import { formatBytes, formatFactor, formatTime } from '../words.js';

/** Why passes of the graph optimiser are not known: a part of a sentence, as the recording keeps it. */
export const ENGINE_SHOWS_NO_PASSES = 'this engine does not show them';

/** What a run told besides its calls. */
export function runNoteSentence(note: NoteOfRun): string {
  switch (note.kind) {
    case 'said':
      return note.sentence;
    case 'plain-backend':
      return backendSentence(note);
    case 'no-session-kernels':
      return `Kernels inside session runs are not shown: ${note.reason}.`;
    case 'no-passes':
      return `The passes of the graph optimiser are not shown: ${note.reason}.`;
    case 'same-graph':
      return `${note.variants.join(', ')} run the same graph, operation by operation: what they differ by is noise.`;
    case 'first-operations':
      return startUpSentence(note.millis);
    case 'stopped':
      return `${note.what === 'control' ? 'The control ' : ''}${note.variant} stopped: ${note.reason}`;
    case 'interrupted':
      return note.by === 'user'
        ? 'The run was interrupted: the figures are of the calls made until then.'
        : 'Python ended before the run was complete: the figures are of the calls made until then.';
    case 'from-jaeger':
    case 'from-clickhouse':
      return storeSentence(note);
    case 'keras':
      return `Keras ${note.version} on ${note.backend}, Python ${note.python} (${note.executable}).`;
    case 'keras-overhead': {
      const ratios = note.ratios.map(({ variant, ratio }) => `${variant} ${formatFactor(ratio)}`);
      return `Cost of instrumentation, recorded ÷ bare call in the same process: ${ratios.join(', ')}.`;
    }
    case 'keras-growth': {
      const { variant, bytesPerCall, nanos } = note;
      const call = nanos === null ? '' : ` of ${formatTime(nanos)}`;
      return `${variant}: the process grew by ${formatBytes(bytesPerCall)} with each call${call}.`;
    }
    case 'keras-rebuilt':
      return `Graphs of the input pipeline are built again in each call of ${note.variants.join(', ')}: ${note.functions.join(', ')}.`;
    case 'keras-seams':
      return `This version of Keras lacks the functions that bound ${note.missing.join(', ')}: their time counts in the stage around them.`;
    default:
      return never(note);
  }
}

/** Of several processes, the range. */
function startUpSentence(millis: readonly number[]): string {
  const [low = '', high = ''] = [Math.min(...millis), Math.max(...millis)].map((value) => formatTime(value * 1e6));
  return millis.length === 1
    ? `The first operation of the process took ${low} (library start-up); it is in no call.`
    : `The first operation of each process took ${low} to ${high} (library start-up); it is in no call.`;
}

function backendSentence({ backend, how }: Extract<NoteOfRun, { readonly kind: 'plain-backend' }>): string {
  const why = how === 'chosen' ? ', because this project has no @tensorflow/tfjs-node (--backend chooses another)' : '';
  return `The model ran on the backend ${backend} of TensorFlow.js${why}. The variants graph and graph-xla, and operations below a kernel, need native TensorFlow and are left out.`;
}

function storeSentence(note: Extract<NoteOfRun, { readonly kind: 'from-jaeger' | 'from-clickhouse' }>): string {
  const { kind, url, service, calls, spans, hosts } = note;
  const store = kind === 'from-jaeger' ? 'Jaeger' : 'ClickHouse';
  const read = `Read from ${store} at ${url}: ${calls} calls of "${service}", ${spans} spans, from ${hosts} machine${hosts === 1 ? '' : 's'}.`;
  return hosts > 1 ? `${read} The environment shown is that of the first call; differences between machines are in the figures.` : read;
}
