import { existsSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { EXIT, messageOf, UserError } from '../model/errors.js';
import { isRecord } from '../model/is-record.js';
import type { FedSpec, InputArray, InputSpec } from './arrays.js';
import { convertGiven } from './convert.js';
import { arrayFromJson, isBytes } from './json.js';
import { servingRequest } from './serving-request.js';
import { unpackArchive } from './npz.js';
import { parseNpy, type GivenArray } from './npy.js';
import { inputName } from './shapes.js';

/** One input as a file gives it, not yet fitted to the signature. */
interface Found {
  readonly name: string | undefined;
  /** How errors name it. */
  readonly what: string;
  read(spec: FedSpec): GivenArray;
}

/**
 * Reads input files: `.npy`, `.npz` and `.json`, each as `file` or `name=file`. A `.npz` or a JSON object names its
 * inputs itself. Any other file is the one value of an input that takes strings: its bytes.
 *
 * @returns By input name; inputs that no file gives are missing.
 * @throws UserError for files that are not there or not understood, and for arrays that do not fit the signature.
 */
export function readGivenInputs(files: readonly string[], specs: readonly FedSpec[], notes: string[]): ReadonlyMap<string, InputArray> {
  const arrays = new Map<string, InputArray>();
  for (const found of files.flatMap((file) => openFile(file, specs))) {
    const name = inputName(found.name, specs, found.what);
    const spec = specs.find((one) => one.name === name);
    if (spec === undefined) continue;
    if (arrays.has(name)) throw new UserError(`The input ${name} is given twice: leave ${found.what} out.`, EXIT.usage);
    arrays.set(name, convertGiven(found.read(spec), spec, found.what, notes));
  }
  return arrays;
}

function openFile(option: string, specs: readonly InputSpec[]): Found[] {
  const { name, file } = splitOption(option);
  if (!existsSync(file)) throw new UserError(`There is no input file ${file}: check the path.`, EXIT.notFound);
  const bytes = readFileSync(file);
  switch (path.extname(file)) {
    case '.npy':
      return [{ name, what: file, read: () => parseNpy(bytes, file) }];
    case '.npz':
      return openArchive(bytes, file, name);
    case '.json':
      return openJson(bytes, file, name, specs);
    default:
      return [{ name, what: file, read: (spec) => fileAsText(bytes, spec, file) }];
  }
}

/** A picture or a serialised record, for a model that takes one as a string. */
function fileAsText(bytes: Uint8Array, spec: FedSpec, file: string): GivenArray {
  if (spec.carrier !== 'string') throw new UserError(`${file} is not an input file: give .npy, .npz or .json.`, EXIT.usage);
  return { dtype: 'string', shape: spec.unknownRank === true ? [] : spec.shape.map(() => 1), data: [bytes] };
}

/** `name=file`; an existing file whose own name has a `=` is taken as it is. */
function splitOption(option: string): { name: string | undefined; file: string } {
  const equals = option.indexOf('=');
  if (equals === -1 || existsSync(option)) return { name: undefined, file: option };
  return { name: option.slice(0, equals), file: option.slice(equals + 1) };
}

function openArchive(bytes: Uint8Array, file: string, name: string | undefined): Found[] {
  const entries = unpackArchive(bytes, file);
  if (name !== undefined && entries.length !== 1) {
    throw new UserError(`${file} holds ${entries.length} arrays and names them itself: leave ${name}= out.`, EXIT.usage);
  }
  return entries.map(([entry, content]) => {
    const own = entry.replace(/\.npy$/, '');
    const what = `${own} in ${file}`;
    // numpy.savez calls arrays without a name arr_0, arr_1, …
    return { name: name ?? (own === 'arr_0' && entries.length === 1 ? undefined : own), what, read: () => parseNpy(content, what) };
  });
}

function openJson(bytes: Uint8Array, file: string, name: string | undefined, specs: readonly InputSpec[]): Found[] {
  let value: unknown;
  try {
    value = servingRequest(JSON.parse(Buffer.from(bytes).toString('utf8')), specs);
  } catch (error) {
    throw new UserError(`${file} is not JSON (${messageOf(error)}).`, EXIT.badInput, { cause: error });
  }
  const named = name === undefined && isRecord(value) && !isShapeAndData(value, specs) && !isBytes(value);
  if (!named) return [{ name, what: file, read: (spec) => arrayFromJson(value, spec, file) }];
  return Object.entries(value as Record<string, unknown>).map(([key, own]) => {
    const what = `${key} in ${file}`;
    return { name: key, what, read: (spec) => arrayFromJson(own, spec, what) };
  });
}

/** `{"shape", "data"}` is one array, unless the model has inputs of these names. */
const isShapeAndData = (value: Record<string, unknown>, specs: readonly InputSpec[]): boolean =>
  'shape' in value && 'data' in value && !specs.some((spec) => spec.name === 'shape' || spec.name === 'data');
