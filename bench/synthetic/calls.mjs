/** Calls that nobody made, for benches of what comes after recording. */

/** Spans of a call: a root, three stages and sixteen kernels. */
export const PER_CALL = 20;
/** Spans of a call with `INFERSCOPE_KERNELS=off`: a root and three stages. */
export const PER_CALL_WITHOUT_KERNELS = 4;

/**
 * Calls of `perCall` spans each, `spacingNanos` from begin to begin.
 *
 * @returns {import('../../dist/model/recording.js').Recording}
 */
export function recordingOf(
  spanCount,
  { spacingNanos = 30_000, originEpochNanos = BigInt(Date.now()) * 1_000_000n - 60_000_000_000n, perCall = PER_CALL } = {},
) {
  const calls = Math.ceil(spanCount / perCall);
  const length = calls * perCall;
  const column = (Type, of) => Type.from({ length }, (_, row) => of(Math.floor(row / perCall), row % perCall));
  const isKernel = (place) => place > 3;
  const environment = {
    inferscope: 'bench',
    node: process.versions.node,
    v8: process.versions.v8,
    platform: process.platform,
    arch: process.arch,
    cpu: 'bench',
    cpuCount: 2,
    memoryBytes: 0,
    backend: 'tensorflow',
    tensorflow: null,
    packages: {},
    threads: { intraOp: null, interOp: null },
    flags: {},
    hostHash: 'bench',
  };
  return {
    meta: {
      version: 1,
      originEpochNanos: String(originEpochNanos),
      model: { name: 'bench', path: null, runtime: 'layers-model', sha256: null, parameters: null, nodes: 16, inputs: [], outputs: [] },
      environment,
      variants: [{ name: 'uncompiled', call: 'predict' }],
      inputSignature: 'float32[32,4]',
      batch: 32,
      seed: 1,
      tool: { insideNanos: 60, outsideNanos: 40, clockResolutionNanos: 30 },
    },
    strings: ['', 'predict', 'data-adapter', 'graph-building', 'kernel-execution', 'MatMul', 'BiasAdd', 'Relu', 'Softmax'],
    details: [
      {},
      ...[2, 4, 8, 16].map((units) => ({ inputShapes: [`[32,${units}]`], outputShapes: [`[32,${units}]`], outputDtypes: ['float32'] })),
    ],
    spans: {
      length,
      startNanos: column(Float64Array, (call, place) => call * spacingNanos + place * 1000),
      durationNanos: column(Float64Array, (_, place) => (place === 0 ? 25_000 : place === 3 ? 20_000 : 900)),
      parent: column(Int32Array, (call, place) => (place === 0 ? -1 : call * perCall + (isKernel(place) ? 3 : 0))),
      call: column(Uint32Array, (call) => call),
      name: column(Uint32Array, (_, place) => (isKernel(place) ? 5 + (place % 4) : place + 1)),
      detail: column(Uint32Array, (_, place) => (isKernel(place) ? 1 + (place % 4) : 0)),
      stage: column(Uint8Array, (_, place) => (isKernel(place) ? 2 : [4, 0, 1, 2][place])),
      kind: column(Uint8Array, (_, place) => (isKernel(place) ? 4 : place === 0 ? 0 : 1)),
    },
    calls: Array.from({ length: calls }, (_, call) => ({
      variant: 0,
      rootSpan: call * perCall,
      startNanos: call * spacingNanos,
      latencyNanos: 25_000,
      temperature: 'warm',
      round: 0,
      signature: 'float32[32,4]',
      batch: 32,
    })),
    gc: [],
    lostSpans: 0,
    complete: true,
  };
}
