import { getEnvironmentData, setEnvironmentData } from 'node:worker_threads';

/** Numbers that the threads of this process share; workers are handed them as they begin. */
export function sharedNumbers(key: string, length: number): Int32Array {
  const given = getEnvironmentData(key);
  if (given instanceof SharedArrayBuffer) return new Int32Array(given);
  const made = new SharedArrayBuffer(Int32Array.BYTES_PER_ELEMENT * length);
  setEnvironmentData(key, made);
  return new Int32Array(made);
}
