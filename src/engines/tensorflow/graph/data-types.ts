/** TensorFlow's DataType numbers and their names in tfjs and in signatures. */
export const DT = {
  float32: 1,
  float64: 2,
  int32: 3,
  uint8: 4,
  int16: 5,
  int8: 6,
  string: 7,
  complex64: 8,
  int64: 9,
  bool: 10,
  resource: 20,
} as const;

/** The number of a tfjs dtype. @throws RangeError for a name TensorFlow does not have. */
export function dataTypeCode(name: string): number {
  const code = (DT as Readonly<Record<string, number>>)[name];
  if (code === undefined) throw new RangeError(`no TensorFlow data type is called ${name}`);
  return code;
}
