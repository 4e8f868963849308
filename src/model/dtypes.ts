/** One data type of tensors. */
export interface Dtype {
  /** As TensorFlow and tfjs call it. */
  readonly name: string;
  /** TensorFlow's DataType (framework/types.proto). */
  readonly code: number;
  /** Of one element; null where elements have no fixed size. */
  readonly bytes: number | null;
  /** ONNX's TensorProto.DataType (onnx.proto). */
  readonly onnx?: number;
  /** As NumPy's files write it, without the byte order. */
  readonly numpy?: string;
}

export const DTYPES = [
  { name: 'float32', code: 1, bytes: 4, onnx: 1, numpy: 'f4' },
  { name: 'float64', code: 2, bytes: 8, onnx: 11, numpy: 'f8' },
  { name: 'int32', code: 3, bytes: 4, onnx: 6, numpy: 'i4' },
  { name: 'uint8', code: 4, bytes: 1, onnx: 2, numpy: 'u1' },
  { name: 'int16', code: 5, bytes: 2, onnx: 5, numpy: 'i2' },
  { name: 'int8', code: 6, bytes: 1, onnx: 3, numpy: 'i1' },
  { name: 'string', code: 7, bytes: null, onnx: 8 },
  { name: 'complex64', code: 8, bytes: 8, onnx: 14, numpy: 'c8' },
  { name: 'int64', code: 9, bytes: 8, onnx: 7, numpy: 'i8' },
  { name: 'bool', code: 10, bytes: 1, onnx: 9, numpy: 'b1' },
  { name: 'qint8', code: 11, bytes: 1 },
  { name: 'quint8', code: 12, bytes: 1 },
  { name: 'qint32', code: 13, bytes: 4 },
  { name: 'bfloat16', code: 14, bytes: 2, onnx: 16 },
  { name: 'qint16', code: 15, bytes: 2 },
  { name: 'quint16', code: 16, bytes: 2 },
  { name: 'uint16', code: 17, bytes: 2, onnx: 4, numpy: 'u2' },
  { name: 'complex128', code: 18, bytes: 16, onnx: 15, numpy: 'c16' },
  { name: 'float16', code: 19, bytes: 2, onnx: 10, numpy: 'f2' },
  { name: 'resource', code: 20, bytes: null },
  { name: 'variant', code: 21, bytes: null },
  { name: 'uint32', code: 22, bytes: 4, onnx: 12, numpy: 'u4' },
  { name: 'uint64', code: 23, bytes: 8, onnx: 13, numpy: 'u8' },
] as const satisfies readonly Dtype[];

export type DtypeName = (typeof DTYPES)[number]['name'];

/** Codes by name: `DT.float32`. */
export const DT = Object.fromEntries(DTYPES.map(({ name, code }) => [name, code])) as {
  readonly [Name in DtypeName]: Extract<(typeof DTYPES)[number], { readonly name: Name }>['code'];
};

const BY_NAME: ReadonlyMap<string, Dtype> = new Map(DTYPES.map((dtype) => [dtype.name, dtype]));
const BY_CODE: ReadonlyMap<number, Dtype> = new Map(DTYPES.map((dtype) => [dtype.code, dtype]));
const BY_NUMPY: ReadonlyMap<string, Dtype> = new Map(DTYPES.flatMap((dtype) => ('numpy' in dtype ? [[dtype.numpy, dtype]] : [])));

const BY_ONNX: ReadonlyMap<number, string> = new Map(DTYPES.flatMap((dtype) => ('onnx' in dtype ? [[dtype.onnx, dtype.name]] : [])));

/** The name for ONNX's code: `float32` for 1. */
export const dtypeOfOnnx = (code: number): string => BY_ONNX.get(code) ?? `onnx-type-${code}`;

/** `float32` for the code 1; references are 100 above the plain type. */
export const dtypeName = (code: number): string => BY_CODE.get(code % 100)?.name ?? `dtype-${code}`;

/** @throws RangeError for a name TensorFlow does not have */
export function dtypeCode(name: string): number {
  const dtype = BY_NAME.get(name);
  if (dtype === undefined) throw new RangeError(`no TensorFlow data type is called ${name}`);
  return dtype.code;
}

/** Bytes of one element; undefined where it has no fixed size, or the type is not known. */
export const dtypeBytes = (name: string): number | undefined => BY_NAME.get(name)?.bytes ?? undefined;

/** The name for NumPy's code without byte order, `f4`. */
export const dtypeOfNumpy = (code: string): string | undefined => BY_NUMPY.get(code)?.name;
