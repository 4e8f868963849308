import type { Patches } from '../../../patches.js';
import type { ModelCall } from '../variants.js';
import type { Exports } from './find.js';
import type { Phase } from './phases.js';

type Class = (abstract new (...args: never[]) => unknown) & { readonly prototype: object };

/** Any method; `this` is passed on unchanged. */
export type Method = (this: object, ...args: unknown[]) => unknown;

/** What is wrapped of transformers.js: its pipelines, its models, and the steps that calls of them are made of. */
export interface ClassSeams {
  readonly pipeline: (original: Method) => Method;
  readonly model: (call: ModelCall, original: Method) => Method;
  readonly step: (phase: Exclude<Phase, 'model'>, name: string, original: Method) => Method;
}

const NAMES = ['FeatureExtractionPipeline', 'TextClassificationPipeline', 'PreTrainedTokenizer', 'PreTrainedModel'];

/** Wraps in place what is exported; false for a module that is not as any known version is, and is left as it was. */
export function wrapClasses(exports: Exports, patches: Patches, { pipeline, model: ofModel, step }: ClassSeams): boolean {
  const [features, texts, tokenizer, model] = NAMES.map((name) => exports[name]);
  if (!isClass(features) || !isClass(texts) || !isClass(tokenizer) || !isClass(model)) return false;
  const base = Object.getPrototypeOf(features.prototype) as object;
  if (!isA(texts, base)) return false;
  const classes = [...new Set(Object.values(exports).filter(isClass))];
  const own = (prototype: object, method: string, wrap: (original: Method) => Method): void => {
    if (Object.hasOwn(prototype, method)) patches.wrap<Method>(prototype, method, wrap);
  };
  const derived = (root: object, wrap: (original: Method) => Method, named: RegExp = CALL): void => {
    const prototypes = classes.map(({ prototype }) => prototype).filter((prototype) => prototype !== root && root.isPrototypeOf(prototype));
    for (const prototype of [root, ...prototypes])
      for (const method of Object.getOwnPropertyNames(prototype)) if (named.test(method)) own(prototype, method, wrap);
  };
  derived(base, pipeline);
  derived(tokenizer.prototype, (original) => step('adapter', 'tokenizer', original));
  for (const name of ['batch_decode', 'decode']) own(tokenizer.prototype, name, (original) => step('post', 'detokenizer', original));
  for (const name of ['Processor', 'FeatureExtractor', 'ImageProcessor', 'ImageFeatureExtractor']) {
    const processor = exports[name];
    if (isClass(processor)) derived(processor.prototype, (original) => step('adapter', 'processor', original));
  }
  derived(model.prototype, (original) => ofModel('forward', original), FORWARD);
  // Some models generate their own way (`generate_speech`), and prepare what they pass on to the common one.
  derived(model.prototype, (original) => ofModel('generate', original), GENERATING);
  const image = exports['RawImage'];
  if (isClass(image)) own(image, 'read', (original) => step('adapter', 'image-decoding', original));
  return true;
}

const CALL = /^_call$/;
/** Programs call a model, and some its `forward`, which that calls. */
const FORWARD = /^(?:_call|forward)$/;
const GENERATING = /^generate(?:_|$)/;

const isClass = (value: unknown): value is Class =>
  typeof value === 'function' && typeof value.prototype === 'object' && value.prototype !== null;

const isA = ({ prototype }: Class, base: object): boolean => base.isPrototypeOf(prototype);
