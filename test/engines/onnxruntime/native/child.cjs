// Run by loading.test.ts: node child.cjs ADDON MODEL HOW. Prints JSON.
process.env.ORT_DISABLE_TELEMETRY = '1';
const { mkdtempSync, readdirSync, readFileSync, rmSync } = require('node:fs');
const { tmpdir } = require('node:os');
const path = require('node:path');
const { Worker, isMainThread, parentPort, workerData } = require('node:worker_threads');

const [ARM, RUN_COUNT, RUN_START, RUN_END, RUN_TRACED, READINGS] = [0, 1, 2, 3, 5, 11];
const { addon: file, model, how } = isMainThread ? { addon: process.argv[2], model: process.argv[3], how: process.argv[4] } : workerData;

const load = () => {
  const holder = { exports: {} };
  process.dlopen(holder, file);
  return holder.exports;
};

/** Counts runs that were traced and wrote the kernels of the model, and runs that gave other bits than the first. */
async function traced(addon, ort, runs) {
  const folder = mkdtempSync(path.join(tmpdir(), 'onnx-child-'));
  addon.setPrefix(path.join(folder, 'run'));
  const session = await ort.InferenceSession.create(model, { intraOpNumThreads: 1, graphOptimizationLevel: 'disabled' });
  const reach = addon.attach();
  const x = new ort.Tensor(
    'float32',
    Float32Array.from({ length: 8 }, (_, i) => i / 8),
    [2, 4],
  );
  const first = Buffer.from((await session.run({ x })).y.data.buffer.slice(0)).toString('hex');
  const seen = { reach, traced: 0, kernels: 0, other: 0, plain: 0 };
  for (let run = 0; run < runs; run++) {
    const count = addon.slots[RUN_COUNT];
    addon.slots[ARM] = run % 2 === 0 ? 2 : 0;
    const { y } = await session.run({ x });
    if (Buffer.from(y.data.buffer.slice(0)).toString('hex') !== first) seen.other++;
    if (addon.slots[RUN_COUNT] !== count + 1 || addon.slots[RUN_END] <= addon.slots[RUN_START]) throw new Error('a run was not seen');
    const files = readdirSync(folder);
    if (addon.slots[RUN_TRACED] === 0) seen.plain += files.length === 0 ? 1 : 0;
    else if (addon.slots[READINGS] > 0) {
      seen.traced++;
      const events = JSON.parse(readFileSync(path.join(folder, files[0]), 'utf8'));
      seen.kernels += events.filter(({ name }) => name.endsWith('_kernel_time')).length;
    }
    for (const name of files) rmSync(path.join(folder, name));
  }
  rmSync(folder, { recursive: true });
  await session.release();
  return seen;
}

const inWorker = (runs) =>
  new Promise((resolve, reject) => {
    const worker = new Worker(__filename, { workerData: { addon: file, model, how: 'worker', runs } });
    let seen;
    worker.on('message', (message) => (seen = message));
    worker.on('error', reject);
    worker.on('exit', (code) => resolve({ ...seen, code }));
  });

async function main() {
  if (how === 'worker') return parentPort.postMessage(await traced(load(), require('onnxruntime-node'), workerData.runs));
  if (how === 'first') {
    const addon = load();
    const before = addon.attach();
    return print({ before, ...(await traced(addon, require('onnxruntime-node'), 10)) });
  }
  const ort = require('onnxruntime-node');
  if (how === 'late') {
    const session = await ort.InferenceSession.create(model);
    await session.run({ x: new ort.Tensor('float32', new Float32Array(8), [2, 4]) });
    const addon = load();
    return print({ before: addon.attach(), ...(await traced(addon, ort, 10)) });
  }
  if (how === 'beside') {
    require('inferscope/node-compat');
    const tf = require('@tensorflow/tfjs-node');
    const addon = load();
    const seen = await traced(addon, ort, 10);
    const sum = tf.tidy(() => tf.matMul(tf.ones([2, 2]), tf.ones([2, 2])).dataSync());
    return print({ ...seen, sum: [...sum] });
  }
  const addon = load();
  const own = await traced(addon, ort, 20);
  const workers = await Promise.all(Array.from({ length: 4 }, () => inWorker(20)));
  print({ own, workers, after: await traced(addon, ort, 20) });
}

const print = (value) => console.log(JSON.stringify(value));
main();
