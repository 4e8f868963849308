'use strict';
// Makes N calls without ever yielding, counts what its own calls threw, and ends as it is told: end, kill, exit, terminate.
require('inferscope/node-compat');
const fs = require('node:fs');
const { Worker, isMainThread, parentPort, workerData } = require('node:worker_threads');

function calls(count) {
  const tf = require('@tensorflow/tfjs-node');
  const model = tf.sequential({ layers: [tf.layers.dense({ units: 3, inputShape: [4] })] });
  const held = process.argv.includes('hold-descriptors') ? holdDescriptors() : [];
  let errors = 0;
  for (let i = 0; i < count; i++) {
    try {
      tf.dispose(model.predict(tf.ones([2, 4])));
    } catch {
      errors++;
    }
  }
  for (const descriptor of held) fs.closeSync(descriptor);
  return errors;
}

function holdDescriptors() {
  const held = [];
  try {
    for (;;) held.push(fs.openSync('/dev/null'));
  } catch {
    return held;
  }
}

const count = Number(process.argv[2]);
const end = process.argv[3];
if (!isMainThread) {
  parentPort.postMessage(calls(workerData.count));
  Atomics.wait(workerData.shared, 0, 0);
} else if (end === 'terminate') {
  const worker = new Worker(__filename, { workerData: { count, shared: new Int32Array(new SharedArrayBuffer(4)) } });
  worker.on('message', (errors) => void worker.terminate().then(() => process.stdout.write(JSON.stringify({ errors }))));
} else {
  process.stdout.write(JSON.stringify({ errors: calls(count) }));
  if (end === 'kill') process.kill(process.pid, 'SIGKILL');
  if (end === 'exit') process.exit(3);
}
