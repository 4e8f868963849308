import { createHash } from 'node:crypto';
import { closeSync, existsSync, openSync, readSync, realpathSync, statSync } from 'node:fs';
import path from 'node:path';
import { EXIT, messageOf, UserError } from '../../../model/errors.js';
import { WireError } from '../../../model/protobuf-wire.js';
import { sizeOf } from '../../../model/shape-size.js';
import { FileFields } from './file-fields.js';
import { allGraphs, type OnnxGraph, type OnnxModel, type OnnxTensor } from './graph.js';
import { ofFile, readGraph } from './read-graph.js';

/**
 * Reads what an ONNX file says of itself. Weights stay in the file, however large it is.
 *
 * @param weightsOutside of the model's folder; `unread`: nobody will read them, wherever they are
 * @throws UserError for what is no ONNX model, is cut off or damaged, or names weight files that are not there.
 */
export function readOnnxModel(file: string, weightsOutside: 'refuse' | 'allow' | 'unread' = 'refuse'): OnnxModel {
  refuseOthers(file);
  const model = readModel(file);
  if (model.graph.nodes.length === 0 && model.graph.outputs.length === 0)
    throw new UserError(`${file} is not an ONNX model (it holds no graph): give the .onnx file that was exported.`);
  if (weightsOutside !== 'unread') checkWeightFiles(file, model.graph, weightsOutside);
  return model;
}

function readModel(file: string): OnnxModel {
  const fields = new FileFields(file);
  try {
    return readFields(fields);
  } catch (thrown) {
    if (!(thrown instanceof WireError)) throw thrown;
    throw new UserError(
      `${file} is not an ONNX model, or is damaged or cut off (${thrown.message}): download or export it again.`,
      EXIT.badInput,
      { cause: thrown },
    );
  } finally {
    fields.close();
  }
}

/** ModelProto. */
function readFields(fields: FileFields): OnnxModel {
  let irVersion = 0;
  let [producer, version] = ['', ''];
  let graph: OnnxGraph = { name: '', nodes: [], inputs: [], outputs: [], initialisers: new Map() };
  const opsets = new Map<string, number>();
  while (fields.next(fields.bytes)) {
    if (fields.field === 1) irVersion = fields.number();
    else if (fields.field === 2) producer = fields.read().toString('utf8');
    else if (fields.field === 3) version = fields.read().toString('utf8');
    else if (fields.field === 7) graph = readGraph(ofFile(fields), fields.enter());
    else if (fields.field === 8) opsets.set(...readOpset(fields));
  }
  return { irVersion, producer: `${producer} ${version}`.trim(), opsets, graph };
}

function readOpset(fields: FileFields): readonly [string, number] {
  const end = fields.enter();
  let [domain, version] = ['', 0];
  while (fields.next(end)) {
    if (fields.field === 1) domain = fields.read().toString('utf8');
    else if (fields.field === 2) version = fields.number();
  }
  return [domain === 'ai.onnx' ? '' : domain, version];
}

/** What lies under the name of a model instead of one, told by how it begins. @throws UserError */
function refuseOthers(file: string): void {
  const stat = statSync(file, { throwIfNoEntry: false });
  if (stat === undefined) throw new UserError(`There is no model at ${file}: check the path.`, EXIT.notFound);
  if (!stat.isFile()) throw new UserError(`${file} is not a file: give the .onnx file itself.`);
  if (stat.size === 0) throw new UserError(`${file} is empty: download or export it again.`);
  const head = headOf(file);
  if (head.startsWith('version https://git-lfs'))
    throw new UserError(`${file} is a pointer of Git LFS, not the model: run \`git lfs pull\` where it was cloned.`);
  if (/^\s*</.test(head)) throw new UserError(`${file} is a web page, not a model: download the file itself.`);
  if (head.slice(4, 8) === 'ORTM')
    throw new UserError(`${file} has the ORT format, from which the original graph is gone: give the .onnx file it was made of.`);
}

function headOf(file: string): string {
  const descriptor = openSync(file, 'r');
  try {
    const head = Buffer.alloc(64);
    return head.toString('latin1', 0, readSync(descriptor, head));
  } finally {
    closeSync(descriptor);
  }
}

/** Files of weights, relative to the model, each once. */
export function weightFiles(graph: OnnxGraph): readonly string[] {
  const tensors = allGraphs(graph).flatMap((one) => [...one.initialisers.values(), ...constantsOf(one)]);
  return [...new Set(tensors.flatMap(({ file }) => file ?? []))];
}

function checkWeightFiles(file: string, graph: OnnxGraph, outside: 'refuse' | 'allow'): void {
  const folder = path.dirname(path.resolve(file));
  for (const name of weightFiles(graph)) {
    const weights = path.resolve(folder, name);
    if (!existsSync(weights))
      throw new UserError(
        `The weights ${name} of ${file} are missing: put that file where the model expects it, beside it.`,
        EXIT.badInput,
      );
    const inFolder = !path.relative(realpathSync(folder), realpathSync(weights)).startsWith('..');
    if (!inFolder && outside === 'refuse')
      throw new UserError(
        `The weight file ${name} of ${file} lies outside of the model's folder: copy it there, or add --weights-outside if you trust the model.`,
      );
  }
}

/** SHA-256 of the model and its weight files, read piece by piece. */
export function hashOnnxModel(file: string, graph: OnnxGraph): string {
  const hash = createHash('sha256');
  const piece = Buffer.alloc(2 ** 20);
  for (const name of [path.resolve(file), ...weightFiles(graph).map((weights) => path.resolve(path.dirname(file), weights))]) {
    const descriptor = openSync(name, 'r');
    try {
      for (let read = readSync(descriptor, piece); read > 0; read = readSync(descriptor, piece)) hash.update(piece.subarray(0, read));
    } catch (thrown) {
      throw new UserError(`${name} cannot be read (${messageOf(thrown)}): check its permissions.`, EXIT.badInput, { cause: thrown });
    } finally {
      closeSync(descriptor);
    }
  }
  return hash.digest('hex');
}

/** Dtypes of weights; whole numbers of other widths are shapes, axes and indices. */
const WEIGHTS = /^(b?float|int8|uint8|onnx-type)/;

/** Number of weights, in subgraphs and constants too. */
export const countParameters = (graph: OnnxGraph): number =>
  allGraphs(graph)
    .flatMap((one) => [...one.initialisers.values(), ...constantsOf(one)])
    .reduce((sum, { dtype, shape }) => sum + (WEIGHTS.test(dtype) ? sizeOf(shape) : 0), 0);

const constantsOf = ({ nodes }: OnnxGraph): OnnxTensor[] =>
  nodes.flatMap(({ attributes }) => [...attributes.values()].flatMap((it) => (it.kind === 'tensor' ? [it.value] : [])));

export const countNodes = (graph: OnnxGraph): number => allGraphs(graph).reduce((sum, { nodes }) => sum + nodes.length, 0);
