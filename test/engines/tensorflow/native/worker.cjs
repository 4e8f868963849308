// Run by loading.test.ts in the main thread of a child process: traces in several threads at once, each its own runs.
require('inferscope/node-compat');
const os = require('node:os');
const { Worker, isMainThread, parentPort, workerData } = require('node:worker_threads');

const [addonPath, model] = isMainThread ? process.argv.slice(2) : workerData;
const RUNS = 200;

async function work() {
  const holder = { exports: {} };
  process.dlopen(holder, addonPath, os.constants.dlopen.RTLD_NOW | os.constants.dlopen.RTLD_GLOBAL);
  const addon = holder.exports;
  addon.attach();
  const tf = require('@tensorflow/tfjs-node');
  const saved = await tf.node.loadSavedModel(model);
  const input = tf.ones([1, 4]);
  addon.take();
  const expected = saved.predict(input).dataSync()[0];
  let traced = 0;
  let wrong = 0;
  for (let run = 0; run < RUNS; run++) {
    // Every other run is armed: a trace without arming, or none with it, came from another thread.
    const arm = run % 2;
    addon.slots[0] = arm;
    const output = saved.predict(input);
    if (output.dataSync()[0] !== expected) wrong++;
    output.dispose();
    const bytes = addon.take()?.byteLength ?? 0;
    if (bytes > 0 !== (arm === 1)) wrong++;
    if (bytes > 0) traced++;
    // Leaves something behind for the thread's end to free.
    addon.slots[0] = 1;
    saved.predict(input).dispose();
    if (run < RUNS - 1) addon.take();
  }
  return { traced, wrong };
}

async function main() {
  const own = await work();
  const workers = [];
  for (let generation = 0; generation < 2; generation++) {
    const running = [0, 1].map(() => new Promise((resolve, reject) => {
      const worker = new Worker(__filename, { workerData: [addonPath, model] });
      let result = null;
      worker.on('message', (message) => { result = message; });
      worker.on('error', reject);
      worker.on('exit', (code) => resolve({ ...result, code }));
    }));
    workers.push(...await Promise.all(running));
  }
  // The main thread goes on after its workers' add-ons are gone.
  const after = await work();
  console.log(JSON.stringify({ own, workers, after }));
}

if (isMainThread) main();
else work().then((result) => parentPort.postMessage(result));
