// Run by loading.test.ts: `node child.cjs <addon> <model> <when>`; prints one JSON line.
// when: `first` loads the add-on before tfjs-node, `late` after tfjs-node has run a model.
require('inferscope/node-compat');
const os = require('node:os');
const path = require('node:path');

const [addonPath, model, when] = process.argv.slice(2);

function load() {
  const holder = { exports: {} };
  process.dlopen(holder, addonPath, os.constants.dlopen.RTLD_NOW | os.constants.dlopen.RTLD_GLOBAL);
  holder.exports.attach();
  return holder.exports;
}

async function main() {
  const early = when === 'first' ? load() : undefined;
  const tf = require('@tensorflow/tfjs-node');
  const saved = await tf.node.loadSavedModel(model);
  const input = tf.ones([1, 4]);
  const before = saved.predict(input).dataSync()[0];
  const addon = early ?? load();
  addon.slots[0] = 1;
  const during = saved.predict(input).dataSync()[0];
  const bytes = addon.take()?.byteLength ?? 0;
  addon.slots[1] = 1;
  tf.add(input, input).dispose();
  console.log(JSON.stringify({ same: before === during, bytes, eager: addon.slots[2], file: path.basename(addonPath) }));
}

main();
