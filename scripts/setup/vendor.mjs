import fs from 'node:fs';
import http from 'node:http';
import https from 'node:https';
import path from 'node:path';
import { readJson } from './paths.mjs';
import { run } from './run.mjs';

/** @typedef {import('./context.mjs').Context} Context */

/** Settings of the vendor's that name another place to download from: then its own check is the right one. */
const MIRRORS = ['TFJS_NODE_CDN_STORAGE', 'npm_config_TFJS_NODE_CDN_STORAGE', 'CDN_STORAGE', 'TFJS_NODE_BASE_URI', 'npm_config_TFJS_NODE_BASE_URI'];

/**
 * The vendor's way. It gives no error worth reading when its host cannot be reached, and may hang, so ask first.
 * @param {Context} context
 * @returns {Promise<boolean>} did it end well? (Whether the binding loads is for the caller to see.)
 */
export async function tryVendor({ places, env, progress, verbose }) {
  const url = await prebuiltUrl(places, env);
  const mirrored = MIRRORS.some((name) => env[name]);
  if (!mirrored && !(url !== undefined && await reachable(url, env))) {
    progress.line('  --  the vendor\'s download host cannot be reached: using the TensorFlow wheel instead');
    return false;
  }
  const manifest = path.join(places.tfjs, 'package.json');
  const original = fs.readFileSync(manifest);
  try {
    const bins = [path.join(places.tfjs, 'node_modules', '.bin'), path.join(places.modules, '.bin')];
    const PATH = [...bins, env['PATH']].join(path.delimiter);
    return await progress.step('TensorFlow binding: the vendor\'s installer', async () => {
      const { code } = await run(process.execPath, ['scripts/install.js'], { cwd: places.tfjs, env: { ...env, PATH }, timeoutMs: 15 * 60_000, verbose });
      return code === 0;
    });
  } finally {
    // It rewrites its own package.json while it works, and leaves it so when it fails.
    fs.writeFileSync(manifest, original);
  }
}

/**
 * Where the vendor keeps the binding for this machine, put together from its own files.
 * @param {Context['places']} places
 * @param {NodeJS.ProcessEnv} env
 */
async function prebuiltUrl(places, env) {
  const manifest = readJson(path.join(places.tfjs, 'package.json'));
  const { host, remote_path: remote } = manifest?.binary ?? {};
  if (typeof host !== 'string' || typeof remote !== 'string') return undefined;
  const { code, output } = await run(process.execPath, ['scripts/get-addon-name.js'], { cwd: places.tfjs, env, timeoutMs: 10_000 });
  if (code !== 0) return undefined;
  const napi = chooseNapi(manifest.binary.napi_versions);
  const folder = remote.replace('{napi_build_version}', String(napi)).replace('{version}', manifest.version).replace(/^\.?\//, '');
  return `${host.replace(/\/$/, '')}/${folder}${output.trim()}`;
}

/** The newest N-API that both sides know, as node-pre-gyp chooses it. @param {readonly number[]} offered */
export function chooseNapi(offered) {
  return Math.max(...offered.filter((version) => version <= Number(process.versions['napi'])));
}

/**
 * @param {string} url @param {NodeJS.ProcessEnv} env @param {number} [timeoutMs]
 * @returns {Promise<boolean>}
 */
export function reachable(url, env, timeoutMs = 4000) {
  const target = new URL(url);
  const proxy = env['HTTPS_PROXY'] ?? env['https_proxy'] ?? env['HTTP_PROXY'] ?? env['http_proxy'];
  return new Promise((resolve) => {
    const answer = (/** @type {boolean} */ yes) => { clearTimeout(timer); request.destroy(); resolve(yes); };
    const request = proxy ? viaProxy(new URL(proxy), target) : (target.protocol === 'https:' ? https : http).request(target, { method: 'HEAD' });
    // A time-out of our own: the socket's does not cover the look-up of the name.
    const timer = setTimeout(() => answer(false), timeoutMs);
    request.on('response', (response) => answer(response.statusCode === 200));
    request.on('connect', (response) => answer(response.statusCode === 200));
    request.on('error', () => answer(false));
    request.end();
  });
}

/** @param {URL} proxy @param {URL} target */
function viaProxy(proxy, target) {
  const headers = proxy.username ? { 'Proxy-Authorization': `Basic ${Buffer.from(`${decodeURIComponent(proxy.username)}:${decodeURIComponent(proxy.password)}`).toString('base64')}` } : {};
  return http.request({ host: proxy.hostname, port: proxy.port || 80, method: 'CONNECT', path: `${target.hostname}:${target.port || 443}`, headers });
}
