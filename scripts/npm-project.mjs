/**
 * A folder with packages that a slow test's programs need beside ours (another test runner, another backend of
 * TensorFlow.js): installed by npm, which verifies what it fetches, once, in the cache folder as `projects/NAME-VERSIONS/`.
 */
import { existsSync, mkdirSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { withLock } from './setup/lock.mjs';
import { newStaging, placesOf } from './setup/paths.mjs';
import { run } from './setup/run.mjs';

/** What is installed, by project. */
export const PROJECTS = {
  jest: { jest: '30.5.2' },
  wasm: { '@tensorflow/tfjs': '4.22.0', '@tensorflow/tfjs-backend-wasm': '4.22.0' },
};

/** npm could not install the packages: there is nothing to try, which is no fault of ours. */
export class NotInstalled extends Error {}

/** Makes sure that the project is there, or waits for who is making it. @param {keyof typeof PROJECTS} name @returns {Promise<string>} its folder @throws {NotInstalled} */
export async function ensureNpmProject(name, env = process.env) {
  const places = placesOf('', env);
  const home = path.join(places.cache, 'projects', [name, ...Object.values(PROJECTS[name])].join('-'));
  if (!existsSync(home)) {
    mkdirSync(path.dirname(home), { recursive: true });
    const onWait = (/** @type {number} */ pid) => console.error(`Waiting for process ${pid}, which is installing ${name}.`);
    await withLock(`${home}.lock`, { onWait }, async () => existsSync(home) || (await install(name, places, home)));
  }
  return home;
}

/** @param {keyof typeof PROJECTS} name @param {import('./setup/paths.mjs').Places} places @param {string} home */
async function install(name, places, home) {
  const staging = newStaging(places);
  try {
    writeFileSync(path.join(staging, 'package.json'), JSON.stringify({ private: true, dependencies: PROJECTS[name] }));
    const { code, output, timedOut } = await run('npm', ['install', '--prefix', staging, '--ignore-scripts', '--no-audit', '--no-fund'], { timeoutMs: 600_000 });
    if (code !== 0) throw new NotInstalled(`npm install for ${name}: ${timedOut ? 'not done after 10 minutes' : output.trim().slice(-800)}`);
    renameSync(staging, home);
  } finally {
    rmSync(staging, { recursive: true, force: true });
  }
}
