/** What this machine reaches with TensorFlow itself: the roof that a kernel's rate is held against. */
export interface MachinePeak {
  readonly flopsPerSecond: number;
  readonly bytesPerSecond: number;
}

/** The few functions of `tf` that are needed; passed in, because the user's copy is the one to measure. */
export interface PeakTf<Tensor extends { dispose(): void }> {
  randomUniform(shape: number[]): Tensor;
  matMul(a: Tensor, b: Tensor): Tensor;
  add(a: Tensor, b: Tensor): Tensor;
}

const SIDE = 1024;
/** 64 MB a tensor: beyond the caches of most processors. */
const ELEMENTS = 16 * 1024 * 1024;
const ATTEMPTS = 5;

/**
 * Measures the fastest of a few large products (2·n³ operations) and of a few large additions (one read and one write
 * an element), with the threads that the model gets, too. Takes about a second and 200 MB.
 */
export function measurePeak<Tensor extends { dispose(): void }>(tf: PeakTf<Tensor>): MachinePeak {
  const matrix = tf.randomUniform([SIDE, SIDE]);
  const vector = tf.randomUniform([ELEMENTS]);
  try {
    const product = fastestSeconds(() => tf.matMul(matrix, matrix));
    const sum = fastestSeconds(() => tf.add(vector, vector));
    // Both inputs of the sum are one tensor: it is read once.
    return { flopsPerSecond: (2 * SIDE ** 3) / product, bytesPerSecond: (2 * 4 * ELEMENTS) / sum };
  } finally {
    matrix.dispose();
    vector.dispose();
  }
}

/** Kernels run to their end before the binding returns, so no read-back is needed. */
function fastestSeconds(run: () => { dispose(): void }): number {
  let fastest = Number.POSITIVE_INFINITY;
  for (let attempt = 0; attempt < ATTEMPTS; attempt++) {
    const start = performance.now();
    const result = run();
    fastest = Math.min(fastest, performance.now() - start);
    result.dispose();
  }
  return fastest / 1000;
}

/** How near a kernel comes to the roof that bounds it: arithmetic or memory, whichever takes longer at the peak. */
export interface Roofline {
  readonly bound: 'arithmetic' | 'memory';
  /** Share of the attainable rate, 0..1; above 1 where data stayed in a cache. */
  readonly reached: number;
  readonly flopsPerSecond: number;
  readonly bytesPerSecond: number;
}

/** @returns null when the kernel has no estimate, does no work, or took no time */
export function rooflineOf(kernel: { readonly flops: number | null; readonly bytesMoved: number | null; readonly durationNanos: number }, peak: MachinePeak): Roofline | null {
  const { flops, bytesMoved, durationNanos } = kernel;
  if (flops === null || bytesMoved === null || durationNanos <= 0 || flops + bytesMoved === 0) return null;
  const arithmeticSeconds = flops / peak.flopsPerSecond;
  const memorySeconds = bytesMoved / peak.bytesPerSecond;
  const seconds = durationNanos / 1e9;
  return {
    bound: arithmeticSeconds >= memorySeconds ? 'arithmetic' : 'memory',
    reached: Math.max(arithmeticSeconds, memorySeconds) / seconds,
    flopsPerSecond: flops / seconds,
    bytesPerSecond: bytesMoved / seconds,
  };
}
