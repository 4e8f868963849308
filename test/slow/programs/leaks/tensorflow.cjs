// Keeps what each call leaves, one owner's kind each: tensors, objects, array buffers. Tells what is held by its own count.
const { setFlagsFromString } = require('node:v8');
const { setTimeout: pause } = require('node:timers/promises');
const tf = require('@tensorflow/tfjs-node');

const isExposed = globalThis.gc !== undefined;
if (!isExposed) setFlagsFromString('--expose-gc');
const collect = globalThis.gc ?? require('node:vm').runInNewContext('gc');
const [calls, tensors, numbers, bytes] = process.argv.slice(2).map(Number);
const kept = [];
const garbage = () => new Uint8Array(2 ** 20).length;
// Array buffers are freed beside the program, some time after a collection.
const held = async () => {
  for (let times = 0; times < 3; times++) {
    collect();
    await pause(50);
  }
  const { heapUsed, arrayBuffers } = process.memoryUsage();
  return { tensors: tf.memory().numBytes, 'v8-heap': heapUsed, 'array-buffers': arrayBuffers };
};

(async () => {
  const model = tf.sequential({ layers: [tf.layers.dense({ units: 2, inputShape: [4] })] });
  let from;
  for (let call = 0; call < calls; call++) {
    garbage();
    tf.tidy(() => model.predict(tf.ones([1, 4])).dataSync());
    if (tensors > 0) kept.push(tf.zeros([tensors / 4]));
    if (numbers > 0) kept.push(Array.from({ length: numbers }, (_, at) => at / 3));
    if (bytes > 0) kept.push(new Uint8Array(bytes));
    // Where the process was started with --expose-gc, Inferscope collects.
    if (!isExposed && call % 5 === 0) collect();
    if (call === calls / 4) from = await held();
    await pause(15);
  }
  const to = await held();
  console.log(JSON.stringify(Object.fromEntries(Object.keys(to).map((owner) => [owner, (to[owner] - from[owner]) / (calls * 0.75 - 1)]))));
})();
