/** Calls that nobody made, for benches of what comes after recording. */

/** Spans of a call. */
export const PER_CALL = 20;

/** Calls with a root, three stages and sixteen kernels each, `spacingNanos` from begin to begin. */
export function recordingOf(spanCount, { spacingNanos = 30_000, originEpochNanos = BigInt(Date.now()) * 1_000_000n - 60_000_000_000n } = {}) {
  const calls = Math.ceil(spanCount / PER_CALL);
  const length = calls * PER_CALL;
  const column = (Type, of) => Type.from({ length }, (_, row) => of(Math.floor(row / PER_CALL), row % PER_CALL));
  const isKernel = (place) => place > 3;
  const environment = { inferscope: 'bench', node: process.versions.node, v8: process.versions.v8, platform: process.platform, arch: process.arch, cpu: 'bench', cpuCount: 2, memoryBytes: 0, backend: 'tensorflow', tensorflow: null, packages: {}, threads: { intraOp: null, interOp: null }, flags: {}, hostHash: 'bench' };
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
    details: [{}, ...[2, 4, 8, 16].map((units) => ({ inputShapes: [`[32,${units}]`], outputShapes: [`[32,${units}]`], outputDtypes: ['float32'] }))],
    spans: {
      length,
      startNanos: column(Float64Array, (call, place) => call * spacingNanos + place * 1000),
      durationNanos: column(Float64Array, (_, place) => (place === 0 ? 25_000 : place === 3 ? 20_000 : 900)),
      parent: column(Int32Array, (call, place) => (place === 0 ? -1 : call * PER_CALL + (isKernel(place) ? 3 : 0))),
      call: column(Uint32Array, (call) => call),
      name: column(Uint32Array, (_, place) => (isKernel(place) ? 5 + (place % 4) : place + 1)),
      detail: column(Uint32Array, (_, place) => (isKernel(place) ? 1 + (place % 4) : 0)),
      stage: column(Uint8Array, (_, place) => (isKernel(place) ? 2 : [4, 0, 1, 2][place])),
      kind: column(Uint8Array, (_, place) => (isKernel(place) ? 4 : place === 0 ? 0 : 1)),
    },
    calls: Array.from({ length: calls }, (_, call) => ({ variant: 0, rootSpan: call * PER_CALL, startNanos: call * spacingNanos, latencyNanos: 25_000, temperature: 'warm', round: 0, signature: 'float32[32,4]', batch: 32 })),
    gc: [],
    lostSpans: 0,
    complete: true,
  };
}
