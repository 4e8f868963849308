// Calls a model in a module, in a worker made of a text and in a child process, both CommonJS; warns once itself, of what
// tfjs-node uses too.
import { execFileSync } from 'node:child_process';
import { once } from 'node:events';
import util from 'node:util';
import { Worker } from 'node:worker_threads';
import * as tf from '@tensorflow/tfjs-node';

const inCommonJs = new URL('../../../telemetry/live/programs/app.cjs', import.meta.url);
const model = tf.sequential({ layers: [tf.layers.dense({ units: 3, inputShape: [4] })] });
for (let i = 0; i < 3; i++) tf.tidy(() => model.predict(tf.ones([2, 4])).dataSync());
await once(new Worker(`require(${JSON.stringify(inCommonJs.pathname)})`, { eval: true }), 'exit');
execFileSync(process.execPath, [inCommonJs.pathname], { stdio: ['ignore', 'ignore', 'inherit'] });
util.isArray(tf.concat([tf.ones([1]), tf.ones([1])]).shape);
