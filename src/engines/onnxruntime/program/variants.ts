import { PROGRAM, type Variant } from '../../../model/variant.js';

/** Making a session: once a model, and nothing to compare its runs with. */
export const CREATE = { name: 'session', call: 'create', alone: true } as const satisfies Variant;

/** What calls of a pipeline of transformers.js are named after; the call is its task. */
export const PIPELINE = 'pipeline';

/** What calls of a model of transformers.js outside of any pipeline are named after; the call is what the model does. */
export const MODEL = 'model';
export type ModelCall = 'forward' | 'generate';
const MODEL_CALLS: readonly ModelCall[] = ['generate', 'forward'];

/** Tasks of transformers.js, versions 2 to 4; one that is not listed is recorded as `other`. */
export const TASKS: readonly string[] = [
  ...['feature-extraction', 'text-classification', 'token-classification', 'question-answering', 'fill-mask', 'zero-shot-classification'],
  ...['summarization', 'translation', 'text2text-generation', 'text-generation', 'text-to-audio', 'automatic-speech-recognition'],
  ...['audio-classification', 'zero-shot-audio-classification', 'image-classification', 'zero-shot-image-classification'],
  ...['image-segmentation', 'object-detection', 'zero-shot-object-detection', 'depth-estimation', 'image-feature-extraction'],
  ...['image-to-text', 'image-to-image', 'background-removal', 'document-question-answering'],
];

/** The task of any pipeline that is not listed. */
export const OTHER_TASK = 'other';

/** The first is what a run is that the program makes itself; sessions are made before their runs and told after them. */
export const VARIANTS: readonly Variant[] = [
  { name: PROGRAM, call: 'run' },
  ...[...TASKS, OTHER_TASK].map((call) => ({ name: PIPELINE, call, alone: true as const })),
  ...MODEL_CALLS.map((call) => ({ name: MODEL, call, alone: true as const })),
  CREATE,
];
