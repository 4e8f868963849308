/**
 * Weights as constants of the traced graph against weights fed at each call:
 * `node bench/weights-in-graph.mjs [--json] [--smoke]`. Figures of docs/decisions/0004.
 */
import '../dist/telemetry/live/node-compat.js';
import { createRequire } from 'node:module';

process.env.TF_CPP_MIN_LOG_LEVEL ??= '1';
const tf = createRequire(import.meta.url)('@tensorflow/tfjs-node');
const at = (name) => import(`../dist/engines/tensorflow/graph/${name}.js`);
const [{ traceStable }, { buildGraph }, { LoadedGraph }, { nodeBackendOf }, { PhaseClock }] = await Promise.all(['stable-trace', 'build-graph', 'loaded-graph', 'tfjs', 'phase-clock'].map(at));
const backend = nodeBackendOf(tf);

/** The same trace with every captured constant as one more input. */
function fed(trace) {
  const captured = trace.constants.flatMap((constant, index) => (constant.origin === 'captured' ? [{ constant, index }] : []));
  const input = new Map(captured.map(({ index }, position) => [index, trace.inputs.length + position]));
  const rewire = (ref) => (ref.from === 'constant' && input.has(ref.constant) ? { from: 'input', input: input.get(ref.constant) } : ref);
  const inputs = [...trace.inputs, ...captured.map(({ constant: { dtype, shape } }) => ({ dtype, shape }))];
  const weights = captured.map(({ constant: { dtype, shape, values } }) => backend.createOutputTensor({ id: backend.binding.createTensor(shape, dtype, values), shape, dtype }));
  return { trace: { ...trace, inputs, nodes: trace.nodes.map((node) => ({ ...node, inputs: node.inputs.map(rewire) })) }, weights };
}

const json = process.argv.includes('--json');
const smoke = process.argv.includes('--smoke');
const results = [];
const median = (values) => [...values].sort((a, b) => a - b)[values.length >> 1];
const rss = () => process.memoryUsage().rss / 1e6;
const time = (call, times) => {
  const started = performance.now();
  for (let i = 0; i < times; i += 1) tf.dispose(call());
  return (performance.now() - started) / times;
};

/** @type {[string, number, number][]} name, units, layers */
const SIZES = [['tiny', 8, 2], ['mlp', 512, 3], ['wide', 2048, 3]];
for (const [name, units, depth] of SIZES.slice(0, smoke ? 1 : 3)) {
  const model = tf.sequential({ layers: Array.from({ length: depth }, (_, i) => tf.layers.dense({ units, activation: 'relu', ...(i === 0 && { inputShape: [units] }) })) });
  const x = tf.randomNormal([1, units]);
  const { trace } = traceStable(tf, backend, { layers: [], captures: 'any', call: ([t]) => model.apply(t, { training: false }) }, [x]);
  const flat = { kind: 'flat' };
  const names = { inputs: [], outputs: [] };
  const before = rss();
  const phases = new PhaseClock();
  const constant = new LoadedGraph(backend, buildGraph(trace, names, flat), { phases });
  tf.dispose(constant.run([x]));
  const grown = rss() - before;
  const { trace: open, weights } = fed(trace);
  const feeding = new LoadedGraph(backend, buildGraph(open, names, flat));
  tf.dispose(feeding.run([x, ...weights]));
  const rounds = Array.from({ length: smoke ? 3 : 15 }, () => [time(() => constant.run([x]), 40), time(() => feeding.run([x, ...weights]), 40)]);
  const bytes = trace.constants.reduce((sum, { values }) => sum + values.byteLength, 0) / 1e6;
  const ratios = rounds.map(([a, b]) => b / a).sort((a, b) => a - b);
  // Ranks of 15 that hold the median with 96 % confidence; of 3, the ends.
  const cut = ratios.length === 15 ? 3 : 0;
  results.push({ name: `${name}: fed ÷ constants`, ratio: median(ratios), low: ratios[cut], high: ratios.at(-1 - cut) });
  if (!json) console.log(`${name}: weights ${bytes.toFixed(2)} MB; constants ${median(rounds.map(([a]) => a)).toFixed(3)} ms, fed ${median(rounds.map(([, b]) => b)).toFixed(3)} ms, fed ÷ constants ${median(rounds.map(([a, b]) => b / a)).toFixed(2)}; memory of the process with constants +${grown.toFixed(0)} MB; write ${(phases.nanos().writing / 1e6).toFixed(1)} ms, load ${(phases.nanos().loading / 1e6).toFixed(1)} ms`);
}
if (json) console.log(JSON.stringify({ results }));
