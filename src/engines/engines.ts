import type { Runtime } from '../model/variant.js';
import type { AnyEngine, InProcessEngine } from './engine.js';
import { KERAS } from './keras/engine.js';
import { ONNXRUNTIME } from './onnxruntime/engine.js';
import { TENSORFLOW } from './tensorflow/engine.js';

/** Every engine; the first that takes a model runs it. A new engine is one line here. */
const ENGINES: readonly AnyEngine[] = [KERAS, ONNXRUNTIME, TENSORFLOW];

/** Whether a path leads to a model, and not to a run or a profile of another tool. Nothing is loaded. */
export const looksLikeModel = (path: string): boolean => ENGINES.some((engine) => engine.takes(path, undefined));

/** The engine that runs a model. What no engine takes goes to TensorFlow, whose loader says what is wrong with it. */
export const engineOf = (model: string, runtime?: Runtime): AnyEngine =>
  ENGINES.find((engine) => engine.takes(model, runtime)) ?? TENSORFLOW;

/** The engine that runs a model in this process: an object is one of TensorFlow.js. */
export function inProcessEngineOf(model: string | object, runtime?: Runtime): InProcessEngine {
  const engine = typeof model === 'string' ? engineOf(model, runtime) : TENSORFLOW;
  // Of a model that runs elsewhere, TensorFlow's loader says so.
  return engine.runs === 'in-process' ? engine : TENSORFLOW;
}
