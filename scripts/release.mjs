/**
 * `npm run release`: makes release/package, what is published: built for every platform, checked to be whole, and without
 * what only a clone needs; and the same as a tarball. The clone itself is private, so that npm refuses to publish what is not
 * built: its .npmrc turns scripts off, `prepack` too, and refuses `npm pack`. `npm publish ./release/package` publishes it.
 */
import { execFileSync } from 'node:child_process';
import { existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { ADDONS } from './setup/native-addon.mjs';

const root = fileURLToPath(new URL('..', import.meta.url));
const release = path.join(root, 'release');
const folder = path.join(release, 'package');

rmSync(release, { recursive: true, force: true });
mkdirSync(release);
/** @type {import('node:child_process').ExecFileSyncOptions} */
const said = { cwd: root, stdio: ['ignore', 'ignore', 'inherit'] };
execFileSync(process.execPath, ['scripts/build.mjs', '--pack'], said);
const pack = (from) => execFileSync('npm', ['pack', from, '--ignore-scripts', '--silent', '--pack-destination', release], said);
pack('.');
const { private: _private, scripts: _scripts, devDependencies: _development, ...manifest } = JSON.parse(readFileSync(path.join(root, 'package.json'), 'utf8'));
const tarball = `${manifest.name}-${manifest.version}.tgz`;
execFileSync('tar', ['xzf', tarball], { cwd: release });
writeFileSync(path.join(folder, 'package.json'), `${JSON.stringify(manifest, null, 2)}\n`);

const missing = neededFiles().filter((file) => !existsSync(path.join(folder, file)));
if (missing.length > 0) {
  console.error(`Nothing to publish: the package lacks ${missing.join(', ')}, which package.json names or which it is built with; correct scripts/build.mjs or files in package.json.`);
  process.exit(1);
}
pack(folder);
console.log(`Ready: npm publish ./${path.relative(process.cwd(), folder)}, or npm install ${path.join(release, tarball)}`);

/** What package.json names, and the add-ons for both processors. */
function neededFiles() {
  const named = (entry) => (typeof entry === 'string' ? [entry] : Object.values(entry).flatMap(named));
  const addons = ADDONS.flatMap(({ folder, name }) => ['x64', 'arm64'].map((arch) => `dist/engines/${folder}/prebuilds/linux-${arch}/${name}.glibc.node`));
  return [...named(manifest.exports), ...named(manifest.bin), 'scripts/setup.mjs', ...addons];
}
