import { createHash } from 'node:crypto';
import { closeSync, fstatSync, openSync, readSync, realpathSync } from 'node:fs';
import path from 'node:path';
import { WireReader } from '../../../model/protobuf-wire.js';
import type { ModelIdentity } from '../../in-program.js';
import { nameOfFile, type ModelSource } from '../seams/library.js';

/** What a session was made of, and who made it. */
export interface SessionSource {
  /** `helper`: one of transformers.js' own small sessions, which are part of what it does and no models. */
  readonly role: 'model' | 'helper';
  readonly identity: ModelIdentity;
  /** `disabled`, `basic`, `extended` or `all`. */
  readonly level: string;
}

/** Pieces of a large model that are looked at: its head, its end and some between them tell models apart. */
const WHOLE_BYTES = 1 << 20;
const PIECES = 64;
const PIECE_BYTES = 4096;

/** transformers.js makes sessions for single operations; no model is as small. */
const MAX_HELPER_BYTES = 4096;

/** Reads what a session is made of. `by`: the library that makes it. Throws where the file cannot be read. */
export function sourceOfModel(source: ModelSource, by: 'program' | 'transformers'): SessionSource {
  const level = levelOf(source.options);
  const made = source.kind === 'path' ? ofFile(source.path, by) : ofBytes(source.bytes);
  const role = by === 'transformers' && source.kind === 'bytes' && source.bytes.length <= MAX_HELPER_BYTES ? 'helper' : 'model';
  return { role, level, identity: { ...made, values: [], parameters: null, weights: [] } };
}

/** What ONNX Runtime does unless it is told. */
export const DEFAULT_LEVEL = 'all';

function levelOf(options: unknown): string {
  const level: unknown = typeof options === 'object' && options !== null ? Reflect.get(options, 'graphOptimizationLevel') : undefined;
  return typeof level === 'string' ? level : DEFAULT_LEVEL;
}

/** How transformers.js names files of other precisions. */
const PRECISION = /_(?:fp16|int8|uint8|quantized|bnb4|q\d(?:f16)?)(?=\.onnx$)/;

type Told = Pick<ModelIdentity, 'name' | 'architecture'>;

/** Files beside others in a folder of transformers.js that are models of their own: one side of CLIP, SigLIP or CLAP. */
const SIDE = /^(?:text|vision|audio)_model(?=[_.])/;

/**
 * The sessions of one model of transformers.js (encoder, decoder) are files of one folder: together they are the model
 * that the program asked for.
 */
function ofFile(file: string, by: 'program' | 'transformers'): Told {
  const name = nameOfFile(file);
  const folder = path.dirname(file);
  if (by === 'transformers' && path.basename(folder) === 'onnx') {
    const home = path.dirname(folder);
    const [precision = ''] = PRECISION.exec(path.basename(file)) ?? [];
    const [side] = SIDE.exec(path.basename(file)) ?? [];
    const part = side === undefined ? precision : `-${side}${precision}`;
    return { name: `${path.basename(home)}${part}`, architecture: ['transformers', realpathSync(home), part] };
  }
  const opened = openSync(file, 'r');
  try {
    const bytes = (at: number, length: number): Uint8Array => {
      const piece = Buffer.alloc(length);
      return piece.subarray(0, readSync(opened, piece, 0, length, at));
    };
    return { name, architecture: [digestOf(fstatSync(opened).size, bytes)] };
  } finally {
    closeSync(opened);
  }
}

function ofBytes(bytes: Uint8Array): Told {
  const digest = digestOf(bytes.length, (at, length) => bytes.subarray(at, at + length));
  return { name: nameInside(bytes) ?? `model-${digest.slice(0, 6)}`, architecture: [digest] };
}

/** Of all of a small model, and of pieces of a large one. */
function digestOf(size: number, bytes: (at: number, length: number) => Uint8Array): string {
  const sum = createHash('sha256').update(String(size));
  if (size <= WHOLE_BYTES) return sum.update(bytes(0, size)).digest('hex');
  for (let piece = 0; piece < PIECES; piece++) sum.update(bytes(Math.floor((piece * (size - PIECE_BYTES)) / (PIECES - 1)), PIECE_BYTES));
  return sum.digest('hex');
}

/** Names that exporters give every graph. */
const GENERIC = /^(?:main_?graph|graph|torch[-_]jit(?:[-_]export)?|tf2onnx|keras2onnx|paddle-onnx|onnx-?model|model)?$/i;

/** The graph's own name, from the bytes of a model; undefined for one that says nothing, or is no protocol buffer. */
function nameInside(bytes: Uint8Array): string | undefined {
  try {
    const reader = new WireReader(Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength));
    if (!found(reader, bytes.length, GRAPH_FIELD) || !found(reader, reader.enter(), NAME_FIELD)) return undefined;
    const name = reader.string();
    return GENERIC.test(name) ? undefined : name.replaceAll('/', '-');
  } catch {
    return undefined;
  }
}

const GRAPH_FIELD = 7;
const NAME_FIELD = 2;

/** Passes over fields until the wanted one. */
function found(reader: WireReader, end: number, field: number): boolean {
  while (reader.next(end)) if (reader.field === field) return true;
  return false;
}
