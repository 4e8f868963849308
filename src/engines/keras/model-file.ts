import { createHash } from 'node:crypto';
import { existsSync, readFileSync, readdirSync, statSync } from 'node:fs';
import path from 'node:path';
import { EXIT, UserError } from '../../model/errors.js';

/** A model as `Source` in inferscope_agent/source.py takes it. */
export interface KerasModel {
  readonly kind: 'file' | 'saved-model' | 'function';
  readonly path: string;
  /** Only of `module.py:function`. */
  readonly function?: string;
}

/**
 * Tells `.keras`, `.h5`, a SavedModel directory and `module.py:function` apart.
 *
 * @throws UserError when the file is missing or of another kind.
 */
export function kerasModel(spec: string): KerasModel {
  const factory = /^(.+\.py):([A-Za-z_]\w*)$/.exec(spec);
  const file = factory?.[1] ?? spec;
  if (!existsSync(file)) throw new UserError(`There is no model at ${file}: check the path.`, EXIT.notFound);
  if (factory !== null && statSync(file).isFile()) return { kind: 'function', path: path.resolve(file), function: factory[2] as string };
  if (statSync(file).isDirectory()) {
    if (existsSync(path.join(file, 'saved_model.pb'))) return { kind: 'saved-model', path: path.resolve(file) };
    throw new UserError(`${file} is no SavedModel: it has no saved_model.pb.`);
  }
  if (!statSync(file).isFile())
    throw new UserError(`${file} is not a file: give a .keras or .h5 file, a SavedModel directory, or module.py:function.`);
  if (path.extname(file) === '.py')
    throw new UserError(`${file} is a Python file: say which function returns the model, \`${file}:FUNCTION\`.`);
  if (!['.keras', '.h5', '.hdf5'].includes(path.extname(file))) {
    throw new UserError(`${file} is no Keras model: the keras runtime reads .keras, .h5, a SavedModel directory, or module.py:function.`);
  }
  return { kind: 'file', path: path.resolve(file) };
}

/** SHA-256 of the file, or of a directory's files in order; of the source for a function. */
export function modelHash({ path: file }: KerasModel): string {
  const hash = createHash('sha256');
  if (!statSync(file).isDirectory()) return hash.update(readFileSync(file)).digest('hex');
  const names = readdirSync(file, { recursive: true, encoding: 'utf8' }).sort();
  for (const name of names.filter((entry) => statSync(path.join(file, entry)).isFile()))
    hash.update(name).update(readFileSync(path.join(file, name)));
  return hash.digest('hex');
}
