import { parse } from 'npyjs';
import { isUtf8 } from 'node:buffer';
import { dtypeOfNumpy } from '../model/dtypes.js';
import { messageOf, UserError } from '../model/errors.js';
import { sizeOf } from '../model/shape-size.js';
import type { Text } from './arrays.js';

/** An array as a file gives it. `dtype` is NumPy's name (`float64`); complex numbers are interleaved. */
export interface GivenArray {
  readonly dtype: string;
  readonly shape: readonly number[];
  readonly data: ArrayLike<number | bigint> | readonly Text[];
}

/** As many as NumPy allows. */
const MAX_DIMENSIONS = 64;

/**
 * Reads a `.npy` array: numbers through npyjs, text here, because npyjs splits it by UTF-16 units. Fortran order is
 * turned into C order.
 *
 * @param what How errors name it (`x.npy`).
 * @throws UserError for what is not NumPy data, is cut off, or has a dtype that no model takes.
 */
export function parseNpy(bytes: Uint8Array, what: string): GivenArray {
  const header = readHeader(bytes, what);
  const text = /^[<>|=]?([USV])(\d+)$/.exec(header.descr);
  if (header.descr.startsWith('>') && text === null) {
    throw new UserError(`${what} is big-endian (${header.descr}): save it with .astype(array.dtype.newbyteorder('<')).`);
  }
  const array = text === null ? parseNumbers(bytes, header, what) : parseText(bytes, header, text, what);
  const perElement = array.dtype.startsWith('complex') ? 2 : 1;
  const expected = sizeOf(header.shape) * perElement;
  if (array.data.length !== expected) {
    throw new UserError(
      `${what} is ${array.data.length < expected ? 'cut off' : 'damaged'}: its shape [${header.shape.join(',')}] needs ${expected / perElement} values and it has ${Math.floor(array.data.length / perElement)}.`,
    );
  }
  return header.fortran ? toRowMajor(array, perElement) : array;
}

interface Header {
  readonly descr: string;
  readonly fortran: boolean;
  readonly shape: readonly number[];
  /** Where the values start. */
  readonly offset: number;
}

/** https://numpy.org/doc/stable/reference/generated/numpy.lib.format.html */
function readHeader(bytes: Uint8Array, what: string): Header {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const magic = Buffer.from(bytes.subarray(0, 6)).toString('latin1');
  if (magic !== '\x93NUMPY' || bytes.length < 12) throw new UserError(`${what} is not a NumPy file: write it with numpy.save.`);
  const long = view.getUint8(6) > 1;
  const offset = long ? 12 + view.getUint32(8, true) : 10 + view.getUint16(8, true);
  const header = Buffer.from(bytes.subarray(long ? 12 : 10, offset)).toString('utf8');
  const descr = /'descr'\s*:\s*'([^']+)'/.exec(header)?.[1];
  const shape = /'shape'\s*:\s*\(([^)]*)\)/.exec(header)?.[1];
  if (descr === undefined || shape === undefined) {
    throw new UserError(`${what} has no plain dtype and shape (structured arrays are not read): save one array of numbers or strings.`);
  }
  const lengths = shape
    .split(',')
    .map((part) => part.trim())
    .filter((part) => part !== '')
    .map(Number);
  const possible =
    lengths.length <= MAX_DIMENSIONS &&
    lengths.every((length) => Number.isSafeInteger(length) && length >= 0) &&
    Number.isSafeInteger(sizeOf(lengths));
  if (!possible) throw new UserError(`${what} is damaged: its shape (${shape.slice(0, 60)}) cannot be; save it again.`);
  return { descr, fortran: /'fortran_order'\s*:\s*True/.test(header), shape: lengths, offset };
}

function parseNumbers(bytes: Uint8Array, header: Header, what: string): GivenArray {
  const dtype = dtypeOfNumpy(header.descr.replace(/^[<|=]/, ''));
  if (header.descr.endsWith('O'))
    throw new UserError(`${what} holds Python objects, which are not read: save texts with .astype('U'), bytes as numpy.void.`);
  if (dtype === undefined) {
    throw new UserError(`${what} has the dtype ${header.descr}, which is not read: convert it with .astype, for example to float32.`);
  }
  try {
    // A copy: npyjs wants an ArrayBuffer whose data is aligned, which a view into a larger file is not.
    const { data } = parse(new Uint8Array(bytes).buffer);
    return {
      dtype,
      shape: header.shape,
      data: dtype === 'bool' ? (data as unknown as boolean[]).map(Number) : (data as unknown as ArrayLike<number | bigint>),
    };
  } catch (error) {
    throw new UserError(`${what} is cut off or damaged (${messageOf(error)}): save it again.`, undefined, { cause: error });
  }
}

/** `U5`: five UTF-32 characters, `S5`: five bytes, both padded with zeros; `V5`: five bytes as they are. */
function parseText(bytes: Uint8Array, header: Header, [, kind, digits]: RegExpExecArray, what: string): GivenArray {
  const width = Number(digits) * (kind === 'U' ? 4 : 1);
  const littleEndian = !header.descr.startsWith('>');
  if (width === 0) throw new UserError(`${what} holds texts without room for a character (${header.descr}): save it with .astype('U1').`);
  const available = Math.max(0, Math.floor((bytes.length - header.offset) / width));
  if (available < sizeOf(header.shape)) {
    throw new UserError(
      `${what} is cut off: its shape [${header.shape.join(',')}] needs ${sizeOf(header.shape)} values and it has ${available}.`,
    );
  }
  const data = Array.from({ length: sizeOf(header.shape) }, (_, i) => {
    const cell = bytes.subarray(header.offset + i * width, header.offset + (i + 1) * width);
    return kind === 'U' ? decodeUtf32(cell, littleEndian, what).replace(/\0+$/, '') : textOf(kind === 'V' ? cell : withoutPadding(cell));
  });
  return { dtype: 'string', shape: header.shape, data };
}

const textOf = (bytes: Uint8Array): Text => (isUtf8(bytes) ? Buffer.from(bytes).toString('utf8') : bytes);

const withoutPadding = (cell: Uint8Array): Uint8Array => cell.subarray(0, cell.findLastIndex((byte) => byte !== 0) + 1);

function decodeUtf32(cell: Uint8Array, littleEndian: boolean, what: string): string {
  const view = new DataView(cell.buffer, cell.byteOffset, cell.byteLength);
  let text = '';
  for (let at = 0; at < cell.length; at += 4) {
    const code = view.getUint32(at, littleEndian);
    if (code > LAST_CODE_POINT) throw new UserError(`${what} is damaged: it holds ${code}, which is no character; save it again.`);
    text += String.fromCodePoint(code);
  }
  return text;
}

const LAST_CODE_POINT = 0x10ffff;

/** The first index runs fastest in the file (Fortran); tensors want the last one to. */
function toRowMajor(array: GivenArray, perElement: number): GivenArray {
  const { shape, data } = array;
  const strides = shape.map((_, i) => sizeOf(shape.slice(0, i)));
  const reordered: (number | bigint | Text)[] = [];
  for (let i = 0; i < sizeOf(shape); i++) {
    let rest = i;
    let from = 0;
    for (let axis = shape.length - 1; axis >= 0; axis--) {
      const length = shape[axis] ?? 1;
      from += (rest % length) * (strides[axis] ?? 0);
      rest = Math.floor(rest / length);
    }
    for (let part = 0; part < perElement; part++) reordered.push(data[from * perElement + part] ?? 0);
  }
  return { ...array, data: reordered as GivenArray['data'] };
}
