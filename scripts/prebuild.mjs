/**
 * The add-ons as the package carries them: prebuilds/ beside their sources in dist/engines, where node-gyp-build looks. What is
 * published is cross-compiled by zig, a C compiler that comes as a Python package: for both processors that the engines
 * have Linux libraries for, and for an old glibc whatever this machine has. A mere build takes this machine's compiler.
 */
import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { compile, compilerArguments } from './setup/compile.mjs';
import { ADDONS, addonSources, addonUnit } from './setup/native-addon.mjs';
import { placesOf } from './setup/paths.mjs';
import { Progress } from './setup/progress.mjs';
import { requirePip, requirePython } from './setup/toolchain.mjs';

const root = fileURLToPath(new URL('..', import.meta.url));
const sources = path.join(root, 'src/engines');
const prebuildsOf = ({ folder }) => path.join(root, 'dist/engines', folder, 'prebuilds');
/** Node's name → zig's. 2.17 is the oldest glibc that TensorFlow's own wheels are made for. */
const TARGETS = { 'linux-x64': 'x86_64-linux-gnu.2.17', 'linux-arm64': 'aarch64-linux-gnu.2.17' };

const ZIG = {
  version: '0.14.1',
  // Of the wheels for Linux on x86-64 and on ARM.
  sha256: ['6eb9d4d759b292c83810dbee2e9e8e3fbfbf01d864e6e9811bae711fd74e1c2f', '7994b27f3cbfcedea43f9b7552e38b45857bdf0e9a45065474092dd74e7048cf'],
};

const fileFor = (addon, target) => path.join(prebuildsOf(addon), target, `${addon.name}.glibc.node`);

/**
 * Makes the prebuilds of each add-on in dist/, unless its sources have not changed since.
 *
 * @param {'for-here' | 'for-publishing'} how `for-publishing`: a failure is thrown, because what is packed goes elsewhere
 */
export async function prebuild(how) {
  for (const addon of ADDONS) await prebuildAddon(addon, how);
}

async function prebuildAddon(addon, how) {
  const prebuilds = prebuildsOf(addon);
  const key = addonSources(addon, sources);
  const stamp = path.join(prebuilds, '.sources');
  const made = existsSync(stamp) ? readFileSync(stamp, 'utf8') : '';
  const whole = !made.endsWith('for-publishing') || Object.keys(TARGETS).every((target) => existsSync(fileFor(addon, target)));
  if (whole && (made === `${key} for-publishing` || made === `${key} ${how}`)) return;
  rmSync(prebuilds, { recursive: true, force: true });
  try {
    if (how === 'for-publishing') await compileForAll(addon);
    else await compileForHere(addon);
    writeFileSync(stamp, `${key} ${how}`);
  } catch (error) {
    if (how === 'for-publishing') throw error;
    console.error(`The add-on ${addon.name} was not compiled (${error instanceof Error ? error.message : error}); everything else is built.`);
  }
}

async function compileForHere(addon) {
  if (process.platform !== 'linux') return;
  const context = { places: placesOf(root, process.env), env: process.env, progress: new Progress(process.stderr, false), where: /** @type {const} */ ('clone'), verbose: false };
  await compile(context, addonUnit(addon, sources, fileFor(addon, `linux-${process.arch}`)));
}

async function compileForAll(addon) {
  const zig = await zigCompiler();
  for (const [target, triple] of Object.entries(TARGETS)) {
    const out = fileFor(addon, target);
    mkdirSync(path.dirname(out), { recursive: true });
    check(spawnSync(zig, ['cc', '-target', triple, ...compilerArguments(addonUnit(addon, sources, out), out)], { encoding: 'utf8' }), `zig cc for ${target}`);
  }
}

/** @returns {Promise<string>} its path in the cache, fetched when it is not there */
async function zigCompiler() {
  const folder = path.join(placesOf(root, process.env).cache, `zig-${ZIG.version}-${process.arch}`);
  const zig = path.join(folder, 'ziglang', 'zig');
  if (existsSync(zig)) return zig;
  const [command, ...words] = await requirePip(await requirePython(process.env), process.env);
  const staging = `${folder}.${process.pid}`;
  mkdirSync(staging, { recursive: true });
  try {
    const requirements = path.join(staging, 'requirements.txt');
    writeFileSync(requirements, `ziglang==${ZIG.version} ${ZIG.sha256.map((hash) => `--hash=sha256:${hash}`).join(' ')}\n`);
    check(spawnSync(command, [...words, 'install', '--quiet', '--no-cache-dir', '--no-deps', '--require-hashes', '--target', staging, '--requirement', requirements], { encoding: 'utf8' }), `pip install ziglang==${ZIG.version}`);
    rmSync(folder, { recursive: true, force: true });
    renameSync(staging, folder);
  } finally {
    rmSync(staging, { recursive: true, force: true });
  }
  return zig;
}

/** @param {import('node:child_process').SpawnSyncReturns<string>} ended @param {string} what */
function check({ status, error, stderr }, what) {
  if (status !== 0) throw new Error(`${what} failed: ${(error?.message ?? stderr).trim()}`);
}
