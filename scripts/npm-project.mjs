/**
 * A folder with packages that a slow test's programs need beside ours (another test runner, another backend of
 * TensorFlow.js): installed by npm, which verifies what it fetches, once, in the cache folder as `projects/NAME-VERSIONS/`.
 */
import { writeFileSync } from 'node:fs';
import path from 'node:path';
import { ensureFolder, Failed, must } from './cached-folder.mjs';
import { placesOf } from './setup/paths.mjs';

/** What is installed, by project. */
export const PROJECTS = {
  jest: { jest: '30.5.2' },
  wasm: { '@tensorflow/tfjs': '4.22.0', '@tensorflow/tfjs-backend-wasm': '4.22.0' },
  // Before ONNX Runtime profiled single runs.
  'onnx-1.21': { 'onnxruntime-node': '1.21.0' },
  'onnx-1.24': { 'onnxruntime-node': '1.24.3' },
  // TensorFlow's own packages of models: their code, without weights.
  'tfjs-models': {
    '@tensorflow-models/body-pix': '2.2.1',
    '@tensorflow-models/coco-ssd': '2.2.3',
    '@tensorflow-models/knn-classifier': '1.2.6',
    '@tensorflow-models/toxicity': '1.2.2',
    '@tensorflow-models/universal-sentence-encoder': '1.3.3',
  },
  // Its install script would fetch CUDA libraries; it is not run, and the CPU's are in the package.
  transformers: { '@huggingface/transformers': '4.3.2', 'onnxruntime-node': '1.30.0', '@gutenye/ocr-node': '1.4.8' },
};

/** Projects whose packages use the TensorFlow that the tests have. */
const WITHOUT_PEERS = ['tfjs-models'];

/** npm could not install the packages: there is nothing to try, which is no fault of ours. */
export class NotInstalled extends Error {}

/**
 * Makes sure that the project is there, or waits for who is making it.
 * @param {keyof typeof PROJECTS} name
 * @returns {Promise<string>} its folder
 * @throws {NotInstalled}
 */
export async function ensureNpmProject(name, env = process.env) {
  const places = placesOf('', env);
  const home = path.join(places.cache, 'projects', [name, ...Object.values(PROJECTS[name])].join('-'));
  await ensureFolder(places, home, { what: `installing ${name}`, make: (staging) => install(name, staging) });
  return home;
}

/** @param {keyof typeof PROJECTS} name @param {string} staging */
async function install(name, staging) {
  writeFileSync(path.join(staging, 'package.json'), JSON.stringify({ private: true, dependencies: PROJECTS[name] }));
  const peers = WITHOUT_PEERS.includes(name) ? ['--legacy-peer-deps'] : [];
  await must('npm', ['install', '--prefix', staging, '--ignore-scripts', '--no-audit', '--no-fund', ...peers], `npm install for ${name}`).catch((/** @type {Error} */ error) => {
    throw error instanceof Failed ? new NotInstalled(error.message) : error;
  });
  return staging;
}
