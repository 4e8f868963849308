/** What measuring the machine at its best has in common in every engine. */

/** Side of the matrices whose product is timed. */
export const PEAK_SIDE = 1024;
/** 64 MB: beyond the caches of most processors. */
export const PEAK_ELEMENTS = 16 * 1024 * 1024;
const ATTEMPTS = 8;

/** Bytes read and written each second by a copy between two halves of memory that has been touched before. */
export function copyRate(): number {
  const memory = new Float32Array(PEAK_ELEMENTS).fill(1);
  const half = PEAK_ELEMENTS / 2;
  return (
    (2 * 4 * half) /
    fastestSeconds(() => {
      memory.copyWithin(half, 0, half);
    })
  );
}

export function fastestSeconds(run: () => void): number {
  let fastest = Number.POSITIVE_INFINITY;
  for (let attempt = 0; attempt < ATTEMPTS; attempt++) {
    const start = performance.now();
    run();
    fastest = Math.min(fastest, performance.now() - start);
  }
  return fastest / 1000;
}
