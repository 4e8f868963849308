import type { Analysis, VariantAnalysis } from '../../../model/analysis.js';
import { graphChange, ONNX_RUNTIME } from '../../../model/variant.js';

/** What a variant is, besides its figures: what changing to it means. */
export type NamedVariant = Pick<VariantAnalysis, 'key' | 'name' | 'call' | 'compiler'>;

/** All levels of ONNX Runtime are one choice. */
export const LEVEL = 'optimisation-level';

/** What changing from one variant to another is. */
export type ChangeId =
  | typeof LEVEL
  | (typeof KERAS_CALLS)[keyof typeof KERAS_CALLS]
  | (typeof KERAS_STATES)[keyof typeof KERAS_STATES]
  | NonNullable<ReturnType<typeof graphChange>>
  | 'predict-on-batch'
  | 'call-style'
  | 'no-training-configuration'
  | 'variant';

/** Other ways to call a Keras model, and states of one, by what a variant is called. */
const KERAS_CALLS = {
  call: 'keras-call',
  predict_on_batch: 'keras-predict-on-batch',
  function: 'keras-function',
  'predict-dataset': 'keras-dataset',
} as const;
const KERAS_STATES = {
  'load-without-compile': 'keras-compile-false',
  uncompiled: 'keras-compile-false',
  rebuilt: 'keras-rebuild',
  'path-b': 'keras-path-b',
  jit: 'keras-xla',
} as const;

const has = <Names extends object>(names: Names, name: PropertyKey): name is keyof Names => Object.hasOwn(names, name);

/** Whether a change is another way to call a Keras model. */
export const isKerasCall = (id: string): boolean => Object.values<string>(KERAS_CALLS).includes(id);

/** The change from one variant to another, by what tells them apart; of each kind the best is advised. */
export function changeOf(runtime: Analysis['runtime'], from: NamedVariant, to: NamedVariant): ChangeId {
  if (runtime === ONNX_RUNTIME) return LEVEL;
  return runtime === 'keras' ? kerasChange(from, to) : tensorflowChange(from, to);
}

function tensorflowChange(from: NamedVariant, to: NamedVariant): ChangeId {
  const change = graphChange(from, to);
  if (change !== null) return change;
  if (to.name === from.name && to.call !== from.call) return to.call === 'predictOnBatch' ? 'predict-on-batch' : 'call-style';
  return to.name === 'uncompiled' && isCompiled(from) ? 'no-training-configuration' : 'variant';
}

function kerasChange(from: NamedVariant, to: NamedVariant): ChangeId {
  if (to.call !== from.call && has(KERAS_CALLS, to.call)) return KERAS_CALLS[to.call];
  return to.name !== from.name && has(KERAS_STATES, to.name) ? KERAS_STATES[to.name] : 'variant';
}

/** A layers model with its training configuration, with or without the functions that it makes. */
export const isCompiled = ({ name }: NamedVariant): boolean => name === 'compiled' || name === 'compiled-train';
