import type { CallSite } from '../../engines/call-site.js';
import { versionsOf } from '../../engines/tensorflow/seams/load-hook.js';
import type { TfPart } from '../../engines/tensorflow/seams/seams.js';
import { RECORDING_VERSION } from '../../model/recording.js';
import type { Environment, RecordingMeta } from '../../model/recording.js';
import { originEpochNanos } from '../../record/clock.js';
import { measureToolCost } from '../../record/tool-cost.js';
import { describeEnvironment } from '../../engines/tensorflow/load/environment.js';
import type { TensorFlow } from '../../engines/tensorflow/load/tensorflow.js';

/** A call's site, with the state that its model was in when the call began. */
export interface LiveSite extends CallSite {
  readonly variant: string;
}

/** What spans say about environment and tool: looked up once, when the first call ends. */
export function metaOfCalls(parts: () => readonly TfPart[]): (site: LiveSite) => RecordingMeta {
  let common: Pick<RecordingMeta, 'environment' | 'tool' | 'originEpochNanos'> | undefined;
  return (site) => {
    common ??= { environment: environmentOf(parts()), tool: measureToolCost(), originEpochNanos: originEpochNanos() };
    const { runtime, call, model } = site;
    return {
      ...common,
      version: RECORDING_VERSION,
      model: { name: nameOf(model), path: null, runtime, sha256: null, parameters: null, nodes: null, inputs: [], outputs: [] },
      variants: [{ name: site.variant, call }],
      inputSignature: 'unknown',
      batch: 1,
      seed: 0,
    };
  };
}

/** The environment that modules of tfjs tell together: each knows its own version. */
export function environmentOf(parts: readonly TfPart[]): Environment {
  const version = versionsOf(...parts.map(({ tf }) => tf as unknown as Record<string, unknown>));
  return describeEnvironment({ ...parts[0]?.tf, version } as unknown as TensorFlow);
}

/** Keras models have a name; of the others only what kind they are is known. */
function nameOf(model: object): string {
  const name: unknown = 'name' in model ? model.name : undefined;
  return typeof name === 'string' && name !== '' ? name : 'program';
}

/** The state a model is in, by what it carries: `compile` leaves an optimizer, training a train function. */
export function variantOf({ runtime, variant, model }: CallSite): string {
  if (variant !== undefined) return variant;
  if (runtime === 'saved-model') return 'graph';
  if (runtime !== 'layers-model') return 'uncompiled';
  if (has(model, 'trainFunction')) return 'compiled-train';
  return has(model, 'optimizer_') || has(model, 'optimizer') ? 'compiled' : 'uncompiled';
}

const has = (model: object, name: string): boolean => {
  const value: unknown = Reflect.get(model, name);
  return value !== undefined && value !== null;
};
