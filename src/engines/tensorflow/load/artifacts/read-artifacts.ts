import path from 'node:path';
import { nestedTooDeeply } from '../explain-error.js';
import { readModelJson } from '../recognise.js';
import type { LoadOptions } from '../options.js';
import type { ModelArtifacts, SaveHandler, TensorFlow } from '../tensorflow.js';
import { hashModel } from './hash.js';
import { readWeightFiles } from './weight-files.js';

/** A tfjs model in memory: what every variant's own copy is built from. */
export interface Artifacts {
  readonly artifacts: ModelArtifacts;
  readonly sha256: string;
}

/**
 * Reads a `model.json` and its weight files, once.
 *
 * @throws UserError when the JSON or a weight file is damaged.
 */
export async function readArtifacts({ tf, weightsOutside }: Pick<LoadOptions, 'tf' | 'weightsOutside'>, file: string): Promise<Artifacts> {
  const json = readModelJson(file);
  const { specs, data } = readWeightFiles(json.weightsManifest, path.dirname(file), weightsOutside === true ? 'allow' : 'refuse');
  const artifacts = await tf.io.getModelArtifactsForJSON(
    json as unknown as Parameters<TensorFlow['io']['getModelArtifactsForJSON']>[0],
    () => Promise.resolve([specs as NonNullable<ModelArtifacts['weightSpecs']>, data]),
  );
  return withHash(artifacts);
}

/** Artifacts of a model object that can save itself (a layers or graph model). */
export async function saveToArtifacts(tf: TensorFlow, model: { save(handler: SaveHandler): Promise<unknown> }): Promise<Artifacts> {
  let saved: ModelArtifacts | undefined;
  await model.save(
    tf.io.withSaveHandler((artifacts) => {
      saved = artifacts;
      return Promise.resolve({ modelArtifactsInfo: { dateSaved: new Date(), modelTopologyType: 'JSON' } });
    }),
  );
  if (saved === undefined) throw new Error('the model did not save itself');
  return withHash(saved);
}

function withHash(artifacts: ModelArtifacts): Artifacts {
  const data = artifacts.weightData ?? [];
  try {
    return { artifacts, sha256: hashModel(artifacts.modelTopology ?? {}, Array.isArray(data) ? data : [data]) };
  } catch (error) {
    if (!(error instanceof RangeError)) throw error;
    throw nestedTooDeeply(error);
  }
}
