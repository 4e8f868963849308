import path from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import type { TestContext } from 'vitest';

export type OnnxModel =
  'magika' | 'silero' | 'sileroIfless' | 'sileroHalf' | 'detection' | 'recognition' | 'classification' | 'pitch' | 'minilm';

/** The same network as `pitch` for TensorFlow. */
export type Twin = 'pitchSavedModel' | 'pitchGraph';

/** Files of the models; `hub` is a folder that transformers.js opens, with the model `minilm`. */
export type OnnxModels = Readonly<Record<OnnxModel | Twin | 'folder' | 'hub', string>>;

const script = (name: string): string => pathToFileURL(path.join(fileURLToPath(new URL('../../', import.meta.url)), 'scripts', name)).href;

const models = (await import(script('onnx-models.mjs'))) as {
  readonly ensureOnnxModels: (wanted?: readonly (OnnxModel | Twin)[]) => Promise<OnnxModels>;
  readonly NotFetched: typeof Error;
};
const projects = (await import(script('npm-project.mjs'))) as {
  readonly ensureNpmProject: (name: string) => Promise<string>;
  readonly NotInstalled: typeof Error;
};

/** The models that scripts/onnx-models.mjs fetches; the test is skipped where they cannot be had. */
export async function onnxModels({ skip }: Pick<TestContext, 'skip'>, wanted?: readonly (OnnxModel | Twin)[]): Promise<OnnxModels> {
  try {
    return await models.ensureOnnxModels(wanted);
  } catch (thrown) {
    if (!(thrown instanceof models.NotFetched)) throw thrown;
    return skip(thrown.message);
  }
}

/** A folder with the packages of a project of scripts/npm-project.mjs; the test is skipped where npm does not install them. */
export async function npmProject(name: string, { skip }: Pick<TestContext, 'skip'>): Promise<string> {
  try {
    return await projects.ensureNpmProject(name);
  } catch (thrown) {
    if (!(thrown instanceof projects.NotInstalled)) throw thrown;
    return skip(thrown.message);
  }
}
