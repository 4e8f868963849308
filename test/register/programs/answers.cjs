// Programs whose right answer is known: argv[2] says which. Each prints how many tensors it kept, by tf.memory() itself.
const tf = require('@tensorflow/tfjs-node');
const { mkdtempSync } = require('node:fs');
const path = require('node:path');
const { tmpdir } = require('node:os');

const built = (units, name) => tf.sequential({ name, layers: [tf.layers.dense({ inputShape: [4], units, activation: 'relu' }), tf.layers.dense({ units: 1 })] });
const called = (model, x) => tf.tidy(() => model.predict(x).dataSync());
const programs = {
  async forget() {
    const model = built(3, 'small');
    for (let i = 0; i < 40; i++) {
      const x = tf.ones([2, 4]);
      model.predict(x).dataSync();
    }
  },
  async reload() {
    const folder = `file://${mkdtempSync(path.join(tmpdir(), 'answers-'))}`;
    await built(3).save(folder);
    for (let i = 0; i < 20; i++) {
      const model = await tf.loadLayersModel(`${folder}/model.json`);
      tf.tidy(() => model.predict(tf.ones([1, 4])).dataSync());
    }
  },
  // None of these leaks: a cache that fills, the last ten answers, all answers until the end, variables.
  async clean() {
    const model = built(3, 'small');
    const cache = new Map();
    const last = [];
    const all = [];
    const variable = tf.variable(tf.zeros([4]));
    for (let i = 0; i < 80; i++) {
      const key = i % 12;
      if (!cache.has(key)) cache.set(key, tf.fill([1, 4], key));
      last.push(model.predict(cache.get(key)));
      if (last.length > 10) last.shift().dispose();
      all.push(model.predict(cache.get(key)));
      tf.tidy(() => variable.assign(variable.add(1)));
    }
    for (const tensor of all) tensor.dispose();
  },
  async models() {
    const [small, large] = [built(3, 'small'), built(900, 'large')];
    for (let i = 0; i < 20; i++) {
      called(small, tf.tidy(() => tf.keep(tf.ones([1, 4]))));
      called(large, tf.tidy(() => tf.keep(tf.ones([64, 4]))));
    }
  },
  async sizes() {
    const model = tf.sequential({ layers: [tf.layers.conv2d({ inputShape: [null, null, 3], filters: 2, kernelSize: 3 }), tf.layers.globalAveragePooling2d({})] });
    for (let i = 0; i < 30; i++) tf.tidy(() => model.predict(tf.ones([1, 16 + i, 40 - i, 3])).dataSync());
  },
};

const before = tf.memory().numTensors;
programs[process.argv[2]]().then(() => console.log(JSON.stringify({ kept: tf.memory().numTensors - before })));
