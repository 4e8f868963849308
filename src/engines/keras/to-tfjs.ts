import { existsSync, mkdirSync } from 'node:fs';
import path from 'node:path';
import { AGENT } from './agent-process.js';
import { environmentPython } from './known-environments.js';
import { kerasModel } from './model-file.js';
import { findPython } from './python.js';
import { quietEnvironment, type KerasOptions } from './run-keras.js';

/** A Keras model as TensorFlow.js reads it, or why it could not be made. */
export type TfjsModel =
  | {
      readonly kind: 'converted';
      /** The converted model.json: a layers model of Keras 2, a graph model of Keras 3. */
      readonly file: string;
      readonly form: 'layers' | 'graph';
      /** What the Keras model was fed for `output`, in order. */
      readonly inputs: readonly string[];
      /** Its first output, `.npy`. */
      readonly output: string;
    }
  | { readonly kind: 'skipped'; readonly reason: string };

type Exported =
  { readonly path: string; readonly format: 'keras' | 'tf_saved_model'; readonly inputs: number } | { readonly error: string };

const MINUTE = 60_000;

/**
 * Saves the model from the user's Python and runs TensorFlow.js' official converter on it: the user's own where it is
 * installed, else that of scripts/keras-envs.mjs.
 *
 * @throws UserError when there is no model or no Python
 */
export async function convertForTfjs(
  options: Pick<KerasOptions, 'model' | 'python' | 'batch' | 'seed' | 'env' | 'signal'>,
  folder: string,
): Promise<TfjsModel> {
  const model = kerasModel(options.model);
  const env = quietEnvironment(options.env);
  const cancel = options.signal === undefined ? {} : { cancelSignal: options.signal };
  const { command } = await findPython({ python: options.python, env });
  const converter = await converterOf(command, env);
  if (converter === null) {
    return {
      kind: 'skipped',
      reason: `the official converter is not installed: type \`${command} -m pip install tensorflowjs\`, or in a clone of the repository \`node scripts/keras-envs.mjs tfjs-converter\``,
    };
  }
  mkdirSync(folder, { recursive: true });
  const request = JSON.stringify({ model, batch: options.batch ?? 1, seed: options.seed ?? 1 });
  const { execa } = await import('execa');
  const exported = await execa(command, [AGENT, 'export', folder, request], {
    reject: false,
    env,
    stdin: 'ignore',
    timeout: 10 * MINUTE,
    ...cancel,
  });
  const answer = parsed(exported.stderr);
  if (answer === null || 'error' in answer)
    return { kind: 'skipped', reason: `the model could not be saved for the converter: ${answer?.error ?? lastLine(exported.stderr)}` };
  const web = path.join(folder, 'web');
  const args = ['-m', 'tensorflowjs.converters.converter', `--input_format=${answer.format}`, answer.path, web];
  const converted = await execa(converter, args, { reject: false, env, stdin: 'ignore', timeout: 10 * MINUTE, ...cancel });
  const file = path.join(web, 'model.json');
  if (!existsSync(file)) return { kind: 'skipped', reason: `the official converter failed: ${lastLine(converted.stderr)}` };
  const inputs = Array.from({ length: answer.inputs }, (_, index) => path.join(folder, `input-${index}.npy`));
  return { kind: 'converted', file, form: answer.format === 'keras' ? 'layers' : 'graph', inputs, output: path.join(folder, 'output.npy') };
}

/** The Python whose converter is used, null where there is none. */
async function converterOf(python: string, env: NodeJS.ProcessEnv): Promise<string | null> {
  const probe = 'import importlib.util, sys; sys.exit(importlib.util.find_spec("tensorflowjs") is None)';
  // Loaded when it is needed: it is no CommonJS, which this file is bundled into.
  const { execa } = await import('execa');
  const { exitCode } = await execa(python, ['-c', probe], { reject: false, env, stdin: 'ignore' });
  return exitCode === 0 ? python : environmentPython('tfjs-converter', env);
}

/** The line of JSON that the export ends with, on stderr: stdout is the model's. */
function parsed(stderr: string): Exported | null {
  try {
    return JSON.parse(lastLine(stderr)) as Exported;
  } catch {
    return null;
  }
}

const lastLine = (text: string): string => text.trim().split('\n').at(-1) ?? '';
