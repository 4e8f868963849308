/**
 * The program of bench/long.mjs: makes `LONG_CALLS` calls of a tiny model, and knows nothing of Inferscope.
 *
 * Calls take turns with work that nothing hooks, so that the cost of a call can be told apart from the speed of the machine. What was
 * seen of each hundredth of the calls goes to the file `LONG_OUT`.
 */
import { createHash } from 'node:crypto';
import { writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { setImmediate as turn, setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';

const require = createRequire(import.meta.url);
const fixture = (name) => fileURLToPath(new URL(`../../test/fixtures/${name}`, import.meta.url));
const calls = Number(process.env['LONG_CALLS']);
/** Calls that follow each other before the event loop turns: what a busy service does. */
const TURN = 10;
/** Calls of a block, after which the unhooked work is timed. */
const BLOCK = 50;
const SAMPLES = 100;

const ENGINES = {
  async tensorflow() {
    const tf = require('@tensorflow/tfjs-node');
    const model = await tf.loadLayersModel(`file://${fixture('layers-tiny/model.json')}`);
    const input = tf.ones([1, ...model.inputs[0].shape.slice(1)]);
    return () => {
      const output = /** @type {import('@tensorflow/tfjs-node').Tensor} */ (model.predict(input));
      output.dataSync();
      output.dispose();
    };
  },
  async onnxruntime() {
    const ort = require('onnxruntime-node');
    const session = await ort.InferenceSession.create(fixture('onnx-tiny.onnx'), { intraOpNumThreads: 1 });
    const input = new ort.Tensor('float32', new Float32Array(128).fill(1), [32, 4]);
    return async () => void (await session.run({ x: input }));
  },
};

const DATA = Buffer.alloc(16384, 7);

/** Native code and JavaScript objects, as in a call; about as long as a few of them. */
function unhooked() {
  let length = 0;
  for (let each = 0; each < 20; each++) length += JSON.stringify({ digest: createHash('sha256').update(DATA).digest('hex'), each }).length;
  return length;
}

const call = await ENGINES[process.env['LONG_ENGINE'] ?? 'tensorflow']();
const samples = [];
let made = 0;
for (let sample = 0; sample < SAMPLES; sample++) {
  const end = Math.round((calls * (sample + 1)) / SAMPLES);
  const works = [];
  const costs = [];
  while (made < end) {
    const count = Math.min(BLOCK, end - made);
    let inCalls = 0;
    for (let each = 0; each < count; each++) {
      const from = performance.now();
      // As a program does: a promise is waited for, a result is not.
      const result = call();
      if (result !== undefined) await result;
      inCalls += performance.now() - from;
      if ((made + each) % TURN === 0) await turn();
    }
    made += count;
    const from = performance.now();
    unhooked();
    const work = performance.now() - from;
    works.push(work * 1000);
    costs.push((inCalls / count) * 1000);
  }
  // The fastest typical ones: those that other programs disturbed least.
  const fast = (all) => all.sort((a, b) => a - b)[Math.floor(all.length / 20)];
  globalThis.gc?.();
  const { rss, heapUsed, external } = process.memoryUsage();
  samples.push({ calls: made, callMicros: fast(costs), workMicros: fast(works), rss, heapUsed, external });
  writeFileSync(process.env['LONG_OUT'], JSON.stringify({ samples, made, seconds: performance.now() / 1000 }));
}
// Spans that wait are handed over when the program ends; a service that is shut down does this.
await sleep(0);
await globalThis.longEnd?.();
