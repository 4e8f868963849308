import { createHash } from 'node:crypto';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import type { TFSavedModel } from '@tensorflow/tfjs-node/dist/saved_model.js';
import type { ModelInfo, TensorSignature } from '../../../model/recording.js';
import type { LoadedModel } from '../../../model/runnable.js';
import { assemble } from './assemble.js';
import { explainLoadError } from './explain-error.js';
import type { LoadOptions } from './options.js';
import { describeSavedModel, readSavedModelFile } from './saved-model/describe.js';
import { checkVariableFiles } from './saved-model/variables.js';
import type { SavedModelContext } from './variants/context.js';

/**
 * Loads a SavedModel directory. Its description is read here; the TensorFlow session is made by the variant's
 * `prepare`, so that its cost is seen.
 *
 * @throws UserError when it is damaged, or has no such tags or signature (with the ones it has).
 */
export function loadSavedModel(directory: string, options: LoadOptions): Promise<LoadedModel> {
  return Promise.resolve().then(() => {
    const { graph, signature, inputs, outputs, parameters, usesVariables } = describeSavedModel(
      readSavedModelFile(directory),
      directory,
      options,
    );
    if (usesVariables) checkVariableFiles(directory);
    const info: ModelInfo = {
      name: options.name ?? path.basename(path.resolve(directory)),
      path: directory,
      runtime: 'saved-model',
      sha256: hashSavedModel(directory),
      parameters,
      nodes: graph.nodes.length + graph.functionNodes,
      inputs: inputs.map(({ name, dtype, shape }) => ({ name, dtype, shape })),
      outputs: outputs.map(({ name, dtype, shape }): TensorSignature => ({ name, dtype, shape })),
      tags: graph.tags,
      signature,
    };
    // tfjs-node tells folders apart by the spelling of their path.
    const open: SavedModelContext['open'] = (session) =>
      openSession(session === 'own' ? `${directory}${path.sep}.` : directory, graph.tags, signature, options);
    return assemble(info, inputs, options, (common): SavedModelContext => ({
      ...common,
      tf: options.tf,
      runtime: 'saved-model',
      open,
      closes: true,
    }));
  });
}

async function openSession(directory: string, tags: readonly string[], signature: string, { tf }: LoadOptions): Promise<TFSavedModel> {
  try {
    return await tf.node.loadSavedModel(directory, [...tags], signature);
  } catch (error) {
    throw explainLoadError(error, directory);
  }
}

/** The graph, the variables and the assets; fingerprints and Keras metadata change with each export and are left out. */
function hashSavedModel(directory: string): string {
  const hash = createHash('sha256');
  const files = ['variables', 'assets'].flatMap((folder) => filesUnder(path.join(directory, folder)));
  for (const file of [path.join(directory, 'saved_model.pb'), ...files]) {
    hash.update(path.relative(directory, file)).update(readFileSync(file));
  }
  return hash.digest('hex');
}

const filesUnder = (folder: string): string[] =>
  existsSync(folder)
    ? readdirSync(folder, { withFileTypes: true })
        .filter((entry) => entry.isFile())
        .map((entry) => path.join(folder, entry.name))
        .sort()
    : [];
