import { existsSync, readdirSync, readFileSync, statSync } from 'node:fs';
import path from 'node:path';
import { EXIT, UserError } from '../../../model/errors.js';
import { isRecord } from '../../../model/is-record.js';
import { refusalOfProgram } from '../../../model/program-file.js';
import type { Runtime } from '../../../model/variant.js';

export type TensorFlowRuntime = 'layers-model' | 'graph-model' | 'saved-model';

/** A model's files: the runtime they are for, and the file or directory its loader takes. */
export interface Recognised {
  readonly runtime: TensorFlowRuntime | 'keras';
  /** `model.json` itself, the SavedModel's directory, or the Keras file. */
  readonly path: string;
}

const KERAS_ENDINGS = ['.h5', '.hdf5', '.keras'];

/** Models of runtimes that are not measured here, by the ending of the file. */
const OTHER_RUNTIMES: Readonly<Record<string, string>> = {
  '.tflite': 'TensorFlow Lite',
  '.pt': 'PyTorch',
  '.pth': 'PyTorch',
  '.safetensors': 'safetensors',
  '.gguf': 'llama.cpp',
  '.mlmodel': 'Core ML',
};

/**
 * Tells from the files what a model is: the `format` or topology of a `model.json`, or a `saved_model.pb`.
 *
 * @param modelPath A directory, a `model.json` or a `saved_model.pb`.
 * @param wanted Overrides what the files look like (`keras` has files no one else can read).
 * @throws UserError when the path does not exist or is not a model.
 */
export function recogniseModel(modelPath: string, wanted?: Runtime): Recognised {
  if (!existsSync(modelPath)) {
    throw new UserError(`There is no model at ${modelPath}: check the path.`, EXIT.notFound);
  }
  if (wanted === 'keras') return { runtime: 'keras', path: modelPath };
  const found = statSync(modelPath).isDirectory() ? recogniseDirectory(modelPath, wanted) : recogniseFile(modelPath);
  if (wanted !== undefined && wanted !== found.runtime) {
    throw new UserError(`${modelPath} is a ${found.runtime}, not a ${wanted}: leave --runtime out.`);
  }
  return found;
}

function recogniseDirectory(directory: string, wanted: Runtime | undefined): Recognised {
  const json = path.join(directory, 'model.json');
  const hasJson = existsSync(json);
  const hasSavedModel = existsSync(path.join(directory, 'saved_model.pb'));
  if (hasJson && hasSavedModel && wanted === undefined) {
    throw new UserError(`${directory} holds both model.json and saved_model.pb: give the path of the one you mean.`);
  }
  if (hasSavedModel && (!hasJson || wanted === 'saved-model')) return { runtime: 'saved-model', path: directory };
  if (hasJson) return recogniseFile(json);
  const keras = readdirSync(directory).find((name) => KERAS_ENDINGS.includes(path.extname(name)));
  if (keras !== undefined) throw kerasError(path.join(directory, keras));
  const onnx = readdirSync(directory).find((name) => path.extname(name).toLowerCase() === '.onnx');
  if (onnx !== undefined) throw new UserError(`${directory} is a folder, and ONNX models are files: give ${path.join(directory, onnx)}.`);
  throw new UserError(`${directory} is not a model: it has neither model.json nor saved_model.pb.`);
}

function recogniseFile(file: string): Recognised {
  if (KERAS_ENDINGS.includes(path.extname(file))) throw kerasError(file);
  const other = OTHER_RUNTIMES[path.extname(file).toLowerCase()];
  if (other !== undefined)
    throw new UserError(
      `${file} is a file of ${other}, which Inferscope does not run: give the model as model.json, SavedModel, .keras or .onnx, from which it was converted or to which it can be exported.`,
    );
  if (path.basename(file) === 'saved_model.pb') return { runtime: 'saved-model', path: path.dirname(file) };
  return { runtime: runtimeOfJson(file), path: file };
}

const kerasError = (file: string): UserError =>
  new UserError(
    `${file} is a Keras file that TensorFlow.js cannot read: \`inferscope profile ${file}\` runs it in Python, and tensorflowjs_converter converts it.`,
  );

/** `format` decides where there is one; files of old converters are told by the shape of their topology. */
function runtimeOfJson(file: string): 'layers-model' | 'graph-model' {
  const json = readModelJson(file);
  const { format, modelTopology: topology } = json;
  if (!isRecord(topology)) {
    throw new UserError(
      `${file} is not a TensorFlow.js model, because it has no modelTopology: give the model.json that save() or the converter wrote (profiles and traces open with \`inferscope view\`).`,
    );
  }
  if (format === 'layers-model' || format === 'graph-model') return format;
  if (Array.isArray(topology['node'])) return 'graph-model';
  if ('model_config' in topology || 'class_name' in topology) return 'layers-model';
  throw new UserError(`${file} is not a layers or graph model: convert it again with tensorflowjs_converter.`);
}

/** The top level of a `model.json`. */
export interface ModelJson {
  readonly format?: unknown;
  readonly modelTopology?: unknown;
  readonly weightsManifest?: unknown;
  readonly [key: string]: unknown;
}

/** Reads a `model.json`. @throws UserError when it is not a JSON object. */
export function readModelJson(file: string): ModelJson {
  if (!statSync(file).isFile())
    throw new UserError(`${file} is not a file: give a model.json, its folder, a SavedModel folder, or an .onnx file.`);
  let json: unknown;
  try {
    json = JSON.parse(readFileSync(file, 'utf8'));
  } catch (error) {
    throw (
      refusalOfProgram(file) ??
      new UserError(
        `${file} is not a model, because it is not JSON: give a model.json, its folder, a SavedModel folder, or an .onnx file (profiles and traces open with \`inferscope view\`).`,
        EXIT.badInput,
        { cause: error },
      )
    );
  }
  if (!isRecord(json)) throw new UserError(`${file} is not a model: it is not a JSON object.`);
  return json;
}
