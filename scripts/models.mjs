/** Models that the demo, the benches and the pictures share. All are real and come with the npm packages or are built here. */
import { createRequire } from 'node:module';
import { existsSync, mkdirSync } from 'node:fs';
import path from 'node:path';

const require = createRequire(import.meta.url);

/** The converted audio model of `@spotify/basic-pitch`: a graph model of some 500 nodes. One window of audio is 43,844 samples. */
export const AUDIO_MODEL = path.join(path.dirname(require.resolve('@spotify/basic-pitch/package.json')), 'model', 'model.json');
export const AUDIO_SHAPE = '1,43844,1';

/** Writes the tiny model (4 → 2 relu → 1 sigmoid) as a layers model and gives its folder. */
export async function tinyModel(folder) {
  if (existsSync(path.join(folder, 'model.json'))) return folder;
  process.env.TF_CPP_MIN_LOG_LEVEL ??= '1';
  const tf = require('@tensorflow/tfjs-node');
  const layer = (units, activation, seed, more) => tf.layers.dense({ units, activation, kernelInitializer: tf.initializers.glorotUniform({ seed }), ...more });
  const model = tf.sequential({ layers: [layer(2, 'relu', 1, { inputShape: [4] }), layer(1, 'sigmoid', 2)] });
  mkdirSync(folder, { recursive: true });
  await model.save(`file://${folder}`);
  model.dispose();
  return folder;
}
