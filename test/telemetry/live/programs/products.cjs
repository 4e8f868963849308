/**
 * Large products of matrices, with as many threads as PRODUCTS_THREADS says, by TensorFlow or ONNX Runtime (the path of a
 * model). Prints, of each call, what the system's own accounts of the whole process say: getrusage, and the clock ticks of
 * /proc/self/stat.
 */
const { readFileSync } = require('node:fs');

const CALLS = 12;
const THREADS = Number(process.env.PRODUCTS_THREADS);
const SIZE = 1200;

async function tensorflow() {
  process.env.TF_NUM_INTRAOP_THREADS = String(THREADS);
  const tf = require('@tensorflow/tfjs-node');
  const model = tf.sequential({
    layers: [tf.layers.dense({ units: SIZE, inputShape: [SIZE], useBias: false, kernelInitializer: 'ones' })],
  });
  const input = tf.ones([SIZE, SIZE]);
  return () => Promise.resolve(model.predictOnBatch(input).dispose());
}

async function onnxruntime() {
  const ort = require('onnxruntime-node');
  const session = await ort.InferenceSession.create(process.env.PRODUCTS_MODEL, { intraOpNumThreads: THREADS });
  const x = new ort.Tensor('float32', new Float32Array(SIZE * SIZE).fill(1), [SIZE, SIZE]);
  return () => session.run({ x });
}

function taken() {
  const stat = readFileSync('/proc/self/stat', 'latin1');
  const [user, system] = stat
    .slice(stat.lastIndexOf(')') + 2)
    .split(' ')
    .slice(11, 13)
    .map(Number);
  const usage = process.cpuUsage();
  return { wallMillis: performance.now(), ticksMillis: (user + system) * 10, usageMillis: (usage.user + usage.system) / 1000 };
}

void (async () => {
  const call = await (process.env.PRODUCTS_MODEL === undefined ? tensorflow() : onnxruntime());
  const calls = [];
  for (let i = 0; i < CALLS; i++) {
    const before = taken();
    await call();
    const after = taken();
    calls.push(Object.fromEntries(Object.keys(after).map((name) => [name, after[name] - before[name]])));
  }
  console.log(JSON.stringify(calls));
})();
