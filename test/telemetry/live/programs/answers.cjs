// Programs whose right answer is known: argv[2] says which. Each prints how many tensors it kept, by tf.memory() itself.
const tf = require('@tensorflow/tfjs-node');
const { mkdtempSync } = require('node:fs');
const path = require('node:path');
const { tmpdir } = require('node:os');

const built = (units, name) => tf.sequential({ name, layers: [tf.layers.dense({ inputShape: [4], units, activation: 'relu' }), tf.layers.dense({ units: 1 })] });
const called = (model, x) => tf.tidy(() => model.predict(x).dataSync());
const programs = {
  // predict takes 32 rows at a time: ten slices. predictOnBatch takes them all.
  async rows() {
    const model = built(3, 'small');
    const x = tf.ones([320, 4]);
    for (let i = 0; i < 12; i++) tf.tidy(() => model.predict(x).dataSync());
    x.dispose();
  },
  async batch() {
    const model = built(3, 'small');
    const x = tf.ones([320, 4]);
    for (let i = 0; i < 12; i++) tf.tidy(() => model.predictOnBatch(x).dataSync());
    x.dispose();
  },
  async forget() {
    const model = built(3, 'small');
    // Data that is kept from the start is no leak.
    globalThis.data = Array.from({ length: 30 }, () => tf.ones([5]));
    for (let i = 0; i < 40; i++) {
      const x = tf.ones([2, 4]);
      model.predict(x).dataSync();
    }
  },
  // A model made anew for each request; the tidy does not free variables.
  async remake() {
    for (let i = 0; i < 20; i++) tf.tidy(() => built(3).predict(tf.ones([1, 4])).dataSync());
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
  // A second copy with an engine of its own, as each sandbox of a test runner has one; only its calls leave something behind.
  async engines() {
    const model = built(3, 'small');
    const other = copyWithAnEngine();
    const second = other.sequential({ name: 'second', layers: [other.layers.dense({ inputShape: [4], units: 2 })] });
    for (let i = 0; i < 30; i++) {
      // Tensors find their engine by the global name, which each sandbox has for itself.
      globalThis._tfengine = tf.engine();
      tf.tidy(() => model.predict(tf.ones([1, 4])).dataSync());
      globalThis._tfengine = other.engine();
      const x = other.ones([1, 4]);
      second.predict(x).dataSync();
      x.dispose();
    }
    return other.memory().numTensors - 2;
  },
  // As packages of ready models do it: a first call while loading, calls within a tidy that holds much, and what is made with
  // the first answer stays.
  async packaged() {
    const model = built(3, 'small');
    tf.tidy(() => model.predict(tf.ones([1, 4])).dataSync());
    const before = tf.memory().numTensors;
    for (let i = 0; i < 9; i++) {
      const x = tf.ones([2, 4]);
      for (let run = 0; run < 2; run++) {
        tf.tidy(() => {
          const held = Array.from({ length: 9 }, () => tf.ones([4]));
          return model.predict(x).add(held[0].sum());
        }).dataSync();
      }
      globalThis.once ??= [tf.scalar(1), tf.scalar(2)];
    }
    return tf.memory().numTensors - before - globalThis.once.length;
  },
  // One tensor made while loading, and the answer's top classes, kept with each call, as classifiers do it.
  async classified() {
    const model = built(3, 'small');
    globalThis.labels = tf.ones([5]);
    const before = tf.memory().numTensors;
    globalThis.kept = [];
    for (let i = 0; i < 30; i++) {
      const answer = tf.tidy(() => model.predict(tf.ones([1, 4])));
      globalThis.kept.push(tf.topk(answer, 1).indices);
      tf.dispose([answer]);
      globalThis.kept.at(-1).dataSync();
    }
    return tf.memory().numTensors - before;
  },
  async sizes() {
    const model = tf.sequential({ layers: [tf.layers.conv2d({ inputShape: [null, null, 3], filters: 2, kernelSize: 3 }), tf.layers.globalAveragePooling2d({})] });
    for (let i = 0; i < 30; i++) tf.tidy(() => model.predict(tf.ones([1, 16 + i, 40 - i, 3])).dataSync());
  },
};

function copyWithAnEngine() {
  for (const file of Object.keys(require.cache)) if (/@tensorflow.*\.js$/.test(file)) delete require.cache[file];
  for (const name of ['_tfengine', '_tfGlobals']) delete globalThis[name];
  const copy = require('@tensorflow/tfjs-node');
  if (copy.engine() === tf.engine()) throw new Error('one engine');
  return copy;
}

const before = tf.memory().numTensors;
programs[process.argv[2]]().then((kept = tf.memory().numTensors - before) => console.log(JSON.stringify({ kept })));
