/** TensorFlow's DataType numbers (framework/types.proto): name and bytes an element, 0 where it varies. */
const DTYPES: Readonly<Record<number, readonly [name: string, bytes: number]>> = {
  1: ['float32', 4], 2: ['float64', 8], 3: ['int32', 4], 4: ['uint8', 1], 5: ['int16', 2], 6: ['int8', 1],
  7: ['string', 0], 8: ['complex64', 8], 9: ['int64', 8], 10: ['bool', 1], 11: ['qint8', 1], 12: ['quint8', 1],
  13: ['qint32', 4], 14: ['bfloat16', 2], 15: ['qint16', 2], 16: ['quint16', 2], 17: ['uint16', 2],
  18: ['complex128', 16], 19: ['float16', 2], 20: ['resource', 0], 21: ['variant', 0], 22: ['uint32', 4], 23: ['uint64', 8],
};

/** References are 100 above the plain type. */
export const dtypeName = (dtype: number): string => DTYPES[dtype % 100]?.[0] ?? `dtype-${dtype}`;

export const dtypeBytes = (dtype: number): number => DTYPES[dtype % 100]?.[1] ?? 0;
