/**
 * Remakes profiles/samples/keras-tf-2.0.0-path-a-vs-path-b: the flamegraphs of TensorFlow 2.0.0's two predict loops on
 * the tiny model, the picture that the question began with.
 *
 *   node scripts/keras-samples.mjs [--calls 60]
 *
 * Needs the environment of `node scripts/keras-envs.mjs tf-2.0.0` and a built package (`npm run build`); the picture
 * needs Chromium, without one it is left as it is.
 */
import { spawnSync } from 'node:child_process';
import { cpSync, mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { CHROMIUM_FLAGS, findChromium } from './chromium.mjs';
import { ensureEnvironment, pythonOf } from './keras-envs.mjs';

const root = fileURLToPath(new URL('..', import.meta.url));
const sample = path.join(root, 'profiles/samples/keras-tf-2.0.0-path-a-vs-path-b');
const at = process.argv.indexOf('--calls');
const calls = at < 0 ? '60' : process.argv[at + 1];

const made = await ensureEnvironment('tf-2.0.0');
if (made.status !== 'ready' && made.status !== 'made') {
  console.error(`TensorFlow 2.0.0 cannot be had here: ${made.detail}`);
  process.exit(69);
}
const run = path.join(mkdtempSync(path.join(os.tmpdir(), 'inferscope-sample-')), 'run');
// From the repository's root, so that the report names the model's file as anyone would.
const args = ['dist/cli/main.js', 'profile', 'src/engines/keras/seed_models.py:tiny', '--python', pythonOf('tf-2.0.0'), '--batch', '32', '--calls', calls];
const profile = spawnSync(process.execPath, [...args, '--variants', 'path-b/predict,path-a/predict', '--out', run], { cwd: root, stdio: 'inherit' });
if (profile.status !== 0) process.exit(profile.status ?? 1);
rmSync(sample, { recursive: true, force: true });
mkdirSync(sample, { recursive: true });
for (const name of ['report.html', 'report.md', 'stacks']) cpSync(path.join(run, name), path.join(sample, name), { recursive: true });
rmSync(path.dirname(run), { recursive: true });
try {
  const picture = path.join(sample, 'flamegraph.png');
  spawnSync(findChromium(), [...CHROMIUM_FLAGS, '--hide-scrollbars', '--window-size=1400,1900', '--virtual-time-budget=5000', `--screenshot=${picture}`, pathToFileURL(path.join(sample, 'report.html')).href], { stdio: 'ignore', timeout: 120_000 });
} catch (error) {
  console.error(`No picture: ${error.message}`);
}
