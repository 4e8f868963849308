/**
 * The session add-on as the published package carries it: dist/native/prebuilds, where node-gyp-build looks. Built from
 * a copy of the sources, because src/native/build may be in use.
 */
import { createHash } from 'node:crypto';
import { cpSync, existsSync, mkdirSync, mkdtempSync, readFileSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { findNodeHeaders } from './setup/toolchain.mjs';

const root = fileURLToPath(new URL('..', import.meta.url));
const sources = path.join(root, 'src/native');
const prebuilds = path.join(root, 'dist/native/prebuilds');
/** Where the set-up builds it for a clone. */
const built = path.join(sources, 'build/Release/inferscope_session.node');

/**
 * Makes dist/native/prebuilds, unless the sources have not changed since. Without a compiler the set-up's own build
 * has to do, which is only good for this machine.
 *
 * @param {'if-possible' | 'required'} how `required`: a failure is thrown, because what is packed goes elsewhere
 */
export async function prebuild(how) {
  const names = readdirSync(sources).filter((name) => /\.(c|h|gyp)$/.test(name));
  const key = createHash('sha256').update(names.map((name) => `${name}\n${readFileSync(path.join(sources, name), 'utf8')}`).join('')).digest('hex');
  const stamp = path.join(prebuilds, '.sources');
  if (existsSync(stamp) && readFileSync(stamp, 'utf8') === key) return;
  rmSync(prebuilds, { recursive: true, force: true });
  try {
    if (process.platform !== 'linux') throw new Error(`the add-on can only be compiled on Linux, this is ${process.platform}`);
    await compile(names);
    writeFileSync(stamp, key);
  } catch (error) {
    if (how === 'required') throw error;
    console.error(`The session add-on was not compiled for the package (${error instanceof Error ? error.message : error}); everything else is built.`);
    if (!existsSync(built)) return;
    const folder = path.join(prebuilds, `${process.platform}-${process.arch}`);
    mkdirSync(folder, { recursive: true });
    cpSync(built, path.join(folder, 'inferscope_session.napi.node'));
  }
}

/** @param {readonly string[]} names */
async function compile(names) {
  const { default: prebuildify } = await import('prebuildify');
  const staging = mkdtempSync(path.join(tmpdir(), 'inferscope-prebuild-'));
  try {
    for (const name of names) cpSync(path.join(sources, name), path.join(staging, name));
    // Headers of this Node, so that none are downloaded where they lie beside it.
    const headers = findNodeHeaders(process.env);
    await promisify(prebuildify)({
      cwd: staging,
      out: path.join(root, 'dist/native'),
      name: 'inferscope_session',
      targets: [{ runtime: 'node', target: process.versions.node }],
      napi: true,
      strip: true,
      tagLibc: true,
      quiet: true,
      nodeGyp: path.join(root, 'node_modules/.bin/node-gyp'),
      env: { ...process.env, ...(headers === undefined ? {} : { npm_config_nodedir: headers }) },
    });
  } finally {
    rmSync(staging, { recursive: true, force: true });
  }
}
