/** The recording that the bench `render` draws: every path of the tree is its own, so that nothing merges. */
import { emptyColumns } from '../../dist/model/span-rows.js';

/** Calls of two variants with about `frames` frames each, as many as `spans` asks for. Stages and kinds are codes of src/model.
 *
 * @returns {import('../../dist/model/recording.js').Recording}
 */
export function manyFrames(frames, spans) {
  const perLayer = 50;
  const layers = Math.max(1, Math.ceil(frames / (perLayer + 1)));
  const perCall = 1 + layers * (perLayer + 1);
  const calls = Math.max(4, 2 * Math.round(spans / perCall / 2));
  const length = perCall * calls;
  const columns = emptyColumns(length);
  const GLUE = 4;
  const EXECUTION = 2;
  const [CALL, LAYER, KERNEL] = [0, 2, 4];
  let state = 12345;
  const random = () => (state = (Math.imul(state, 1103515245) + 12345) >>> 0) / 2 ** 32;
  /** @type {import('../../dist/model/recording.js').CallRecord[]} */
  const records = [];
  let row = 0;
  let clock = 0;
  const put = (call, name, kind, parent) => {
    columns.startNanos[row] = clock;
    columns.parent[row] = parent;
    columns.call[row] = call;
    columns.name[row] = name;
    columns.stage[row] = kind === KERNEL ? EXECUTION : GLUE;
    columns.kind[row] = kind;
    return row++;
  };
  for (let call = 0; call < calls; call++) {
    const root = put(call, 1, CALL, -1);
    for (let layer = 0; layer < layers; layer++) {
      const above = put(call, 2 + layer, LAYER, root);
      for (let op = 0; op < perLayer; op++) {
        const kernel = put(call, 2 + layers + op, KERNEL, above);
        columns.durationNanos[kernel] = 200 + Math.floor(random() * 5000);
        clock += columns.durationNanos[kernel] + 20;
      }
      columns.durationNanos[above] = clock - columns.startNanos[above];
    }
    columns.durationNanos[root] = clock - columns.startNanos[root];
    records.push({ variant: call % 2, rootSpan: root, startNanos: columns.startNanos[root], latencyNanos: columns.durationNanos[root], temperature: 'warm', round: call >> 1, signature: 'float32[32,4]', batch: 32 });
    clock += 1000;
  }
  const environment = { inferscope: 'bench', node: process.versions.node, v8: process.versions.v8, platform: process.platform, arch: process.arch, cpu: 'bench', cpuCount: 2, memoryBytes: 0, backend: 'tensorflow', tensorflow: null, packages: {}, threads: { intraOp: null, interOp: null }, flags: {}, hostHash: 'bench' };
  return {
    meta: {
      version: 1,
      originEpochNanos: '1790000000000000000',
      model: { name: 'bench', path: null, runtime: 'layers-model', sha256: null, parameters: null, nodes: layers, inputs: [], outputs: [] },
      environment,
      variants: [{ name: 'uncompiled', call: 'predict' }, { name: 'graph', call: 'predict' }],
      inputSignature: 'float32[32,4]',
      batch: 32,
      seed: 1,
      tool: { insideNanos: 60, outsideNanos: 40, clockResolutionNanos: 30 },
    },
    strings: ['', 'predict', ...Array.from({ length: layers }, (_, i) => `layer_${i}`), ...Array.from({ length: perLayer }, (_, i) => `Op${i}`)],
    details: [{}],
    spans: columns,
    calls: records,
    gc: [],
    lostSpans: 0,
    complete: true,
  };
}
