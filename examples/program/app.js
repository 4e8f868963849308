// A program as people write it: it loads a model once and calls it for each piece of work. Nothing in it knows of Inferscope.
// `node dist/cli/main.js run -- node examples/program/app.js` shows where its time goes.
import { createRequire } from 'node:module';
import path from 'node:path';
import * as tf from '@tensorflow/tfjs-node';

const require = createRequire(import.meta.url);
// A model of real size that comes from npm: notes in a window of audio, 2 s at 22,050 Hz.
const folder = path.dirname(require.resolve('@spotify/basic-pitch/package.json'));
const model = await tf.loadGraphModel(`file://${path.join(folder, 'model/model.json')}`);

const seconds = Number(process.argv[2] ?? 60);
let notes = 0;
for (let second = 0; second < seconds; second += 2) {
  const audio = Array.from({ length: 43844 }, (_, i) => [Math.sin((i * 2 * Math.PI * 440) / 22050)]);
  const results = tf.tidy(() => model.execute(tf.tensor3d([audio])));
  for (const tensor of [results].flat()) {
    notes += (await tensor.data()).filter((probability) => probability > 0.5).length;
    tensor.dispose();
  }
}
console.log(`${notes} notes in ${seconds} s of audio`);
