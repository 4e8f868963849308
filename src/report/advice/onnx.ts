import type { InputStep, SessionFinding } from '../../analyse/findings/advice/onnx.js';
import { never } from '../../model/errors.js';
import { formatCount, formatShare, formatTime } from '../words.js';
import type { AdviceWords } from './words.js';

/** What to do about each step of preparing input. */
const STEPS: Readonly<Record<InputStep, string>> = {
  'image-decoding': 'Hand over smaller images, or decoded ones: decoding them',
  'image-processor': 'Resize images before they are handed over: the processor',
  processor: 'Run the processor in a worker thread, beside the model of the call before: it',
  tokenizer: 'Hand over several texts per call: the tokenizer',
};

/** What a program on ONNX Runtime can do, in words. */
export function sessionWords(found: SessionFinding): AdviceWords {
  switch (found.kind) {
    case 'waits':
      return {
        sentence: `Put inputs that come at the same time into one call: a call of ${found.key} waits ${formatTime(found.nanos)} (${formatShare(found.share)}) before it runs.`,
        evidence:
          'ONNX Runtime runs one call after the other on the JavaScript thread: calls that are made meanwhile wait, and so does the event loop. A batch, or worker threads, wait less; at most the wait can be saved.',
      };
    case 'input': {
      const { key, step, stepNanos, adapterNanos, share } = found;
      const [what, nanos] =
        step === null
          ? ['Make input tensors once where the same data is used again: preparing input', adapterNanos]
          : [STEPS[step], stepNanos];
      return {
        sentence: `${what} takes ${formatTime(nanos)} of each call.`,
        evidence: `The data adapter of ${key} takes ${formatTime(adapterNanos)}, ${formatShare(share)} of a call: that is the most it can save.`,
      };
    }
    case 'outputs':
      return {
        sentence: `Ask only for the outputs that are used, \`session.run(feeds, ['name'])\`: copying them takes ${formatTime(found.nanos)} of each call.`,
        evidence: `Every output of ${found.key} is copied to JavaScript, ${formatShare(found.share)} of a call: that is the most it can save.`,
      };
    case 'sessions':
      return {
        sentence: `Create the session once and keep it: ${formatCount(found.sessions)} were created, ${formatTime(found.nanos / found.sessions)} each.`,
        evidence: `${formatCount(found.runs)} calls were made with them; creating took ${formatTime(found.nanos)} altogether.`,
      };
    default:
      return never(found);
  }
}
