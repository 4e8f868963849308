import type { ArrayData, CarrierDtype, NumberCarrier } from './arrays.js';

const FLOATS: readonly CarrierDtype[] = ['float16', 'float32', 'float64'];

export const isFloat = (dtype: string): boolean => FLOATS.some((one) => one === dtype);

/** Smallest and largest value of each array of whole numbers. */
const RANGES = {
  int8: [-128n, 127n],
  uint8: [0n, 255n],
  int16: [-32_768n, 32_767n],
  uint16: [0n, 65_535n],
  int32: [-(2n ** 31n), 2n ** 31n - 1n],
  uint32: [0n, 2n ** 32n - 1n],
  int64: [-(2n ** 63n), 2n ** 63n - 1n],
  uint64: [0n, 2n ** 64n - 1n],
} as const satisfies Partial<Record<NumberCarrier, readonly [bigint, bigint]>>;

/** Smallest and largest whole number of a carrier; null for floats and what is no number. */
export const rangeOf = (carrier: CarrierDtype): readonly [bigint, bigint] | null =>
  Object.hasOwn(RANGES, carrier) ? RANGES[carrier as keyof typeof RANGES] : null;

/** Whether an array of numbers carries it. */
export const isNumberCarrier = (carrier: CarrierDtype): carrier is NumberCarrier => isFloat(carrier) || rangeOf(carrier) !== null;

/** Numbers in the array that carries them; whole numbers must fit. */
export function numberArray(carrier: NumberCarrier, length: number, at: (index: number) => number | bigint): ArrayData {
  const number = (_: unknown, index: number): number => Number(at(index));
  const whole = (_: unknown, index: number): bigint => BigInt(at(index));
  switch (carrier) {
    case 'float16':
      return Uint16Array.from({ length }, (_, index) => halfBits(Number(at(index))));
    case 'float32':
      return Float32Array.from({ length }, number);
    case 'float64':
      return Float64Array.from({ length }, number);
    case 'int8':
      return Int8Array.from({ length }, number);
    case 'uint8':
      return Uint8Array.from({ length }, number);
    case 'int16':
      return Int16Array.from({ length }, number);
    case 'uint16':
      return Uint16Array.from({ length }, number);
    case 'int32':
      return Int32Array.from({ length }, number);
    case 'uint32':
      return Uint32Array.from({ length }, number);
    case 'int64':
      return BigInt64Array.from({ length }, whole);
    case 'uint64':
      return BigUint64Array.from({ length }, whole);
  }
}

const single = new Float32Array(1);
const bits = new Uint32Array(single.buffer);

/** IEEE 754 half precision, rounded to nearest, ties to even. */
export function halfBits(value: number): number {
  single[0] = value;
  const all = bits[0] ?? 0;
  const sign = (all >>> 16) & 0x8000;
  const exponent = ((all >>> 23) & 0xff) - 112;
  const mantissa = all & 0x7fffff;
  if (exponent >= 143) return sign | (mantissa === 0 ? 0x7c00 : 0x7e00);
  if (exponent >= 31) return sign | 0x7c00;
  if (exponent < -10) return sign;
  const whole = exponent > 0 ? mantissa | (exponent << 23) : (mantissa | 0x800000) >>> 0;
  const dropped = exponent > 0 ? 13 : 14 - exponent;
  const kept = whole >>> dropped;
  const rest = whole & ((1 << dropped) - 1);
  const half = 1 << (dropped - 1);
  return sign | (kept + (rest > half || (rest === half && (kept & 1) === 1) ? 1 : 0));
}

/** The number of half-precision bits. */
export function halfValue(half: number): number {
  const sign = half & 0x8000 ? -1 : 1;
  const exponent = (half >>> 10) & 0x1f;
  const mantissa = half & 0x3ff;
  if (exponent === 0x1f) return mantissa === 0 ? sign * Infinity : NaN;
  return sign * (exponent === 0 ? mantissa * 2 ** -24 : (1 + mantissa / 1024) * 2 ** (exponent - 15));
}
