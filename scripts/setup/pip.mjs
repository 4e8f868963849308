import fs from 'node:fs';
import path from 'node:path';
import { bytesBelow } from './disk.mjs';
import { readJson } from './paths.mjs';
import { SetupProblem } from './problem.mjs';
import { megabytes } from './progress.mjs';
import { keepLog, run } from './run.mjs';
import { saysDiskFull, saysOffline } from './toolchain.mjs';
import { PYTHON_TAG } from './versions.mjs';

/**
 * @typedef {object} Request
 * @property {string[]} pip the words that start it
 * @property {string} version
 * @property {import('./versions.mjs').WheelPlatform} platform
 * @property {string} staging folder for everything unfinished
 */

/** Named outright, so that the answer does not depend on the Python that runs pip. @param {Request} request */
function target({ platform }) {
  const tags = platform.tags.flatMap((tag) => ['--platform', tag]);
  return ['--no-deps', '--only-binary=:all:', '--implementation', 'cp', '--python-version', PYTHON_TAG.version, '--abi', PYTHON_TAG.abi, ...tags];
}

/**
 * @param {import('./context.mjs').Context} context
 * @param {Request} request
 * @param {{expected: string | undefined, bytes: number | undefined, note: (detail: string) => void}} how
 * @returns {Promise<string>} the wheel
 */
export async function downloadWheel(context, request, { expected, bytes, note }) {
  const into = path.join(request.staging, 'wheel');
  const requirements = path.join(request.staging, 'requirements.txt');
  fs.writeFileSync(requirements, `${request.platform.distribution}==${request.version}${expected ? ` --hash=sha256:${expected}` : ''}\n`);
  const total = bytes === undefined ? '' : ` of ${megabytes(bytes)}`;
  const timer = setInterval(() => note(`${megabytes(bytesBelow(request.staging))}${total}`), 500);
  try {
    // Without pip's own cache: it would keep a second copy of 200 MB.
    await pip(context, request, ['download', '--no-cache-dir', '--progress-bar', 'off', ...(expected ? ['--require-hashes'] : []), ...target(request), '--dest', into, '--requirement', requirements]);
  } finally {
    clearInterval(timer);
  }
  const name = fs.readdirSync(into).find((file) => file.endsWith('.whl'));
  if (name === undefined) throw new SetupProblem('network', `pip delivered no wheel for TensorFlow ${request.version}: run this again with --verbose to see why.`);
  note(megabytes(fs.statSync(path.join(into, name)).size));
  return path.join(into, name);
}

/**
 * What the index says the wheel's hash is, before anything is downloaded.
 * @param {import('./context.mjs').Context} context @param {Request} request
 * @returns {Promise<string | undefined>}
 */
export async function hashFromIndex(context, request) {
  const report = path.join(request.staging, 'report.json');
  await pip(context, request, ['install', '--dry-run', '--ignore-installed', '--quiet', '--report', report, ...target(request), '--target', path.join(request.staging, 'nowhere'), `${request.platform.distribution}==${request.version}`]);
  return readJson(report)?.install?.[0]?.download_info?.archive_info?.hashes?.sha256;
}

/** @param {import('./context.mjs').Context} context @param {Request} request @param {string[]} args */
async function pip({ places, env, verbose }, request, args) {
  const temporary = path.join(request.staging, 'tmp');
  fs.mkdirSync(temporary, { recursive: true });
  const [command = '', ...first] = request.pip;
  // TMPDIR: pip downloads there first; /tmp may be small, and the bytes are counted here.
  const own = { TMPDIR: temporary, PIP_REQUIRE_VIRTUALENV: '0', PIP_DISABLE_PIP_VERSION_CHECK: '1', PIP_NO_INPUT: '1' };
  const { code, output } = await run(command, [...first, ...args, '--retries', '2'], { cwd: request.staging, env: { ...env, ...own }, verbose });
  if (code !== 0) throw pipProblem(request, output, keepLog(places.cache, 'pip', output));
}

/** @param {Request} request @param {string} output @param {string} log @returns {SetupProblem} */
function pipProblem({ version, platform }, output, log) {
  if (/DO NOT MATCH THE HASHES/i.test(output)) return new SetupProblem('verification', `The downloaded TensorFlow ${version} has another hash than expected and was not used: run this again, and if it stays so, look at what pip's index or proxy delivers.`, { log });
  if (saysDiskFull(output)) return new SetupProblem('disk', 'The disk filled up while downloading TensorFlow: free about 1.3 GB, or set INFERSCOPE_CACHE to a folder on a larger disk, and run this again.', { log });
  if (saysOffline(output)) return new SetupProblem('network', `pip could not reach its index for TensorFlow ${version}: check the network, or pip's index and proxy settings (pip config list), and run this again.`, { log });
  if (/No matching distribution/i.test(output)) return new SetupProblem('missing', `pip's index has no TensorFlow ${version} for this machine (${platform.tags.at(-1)}): choose another version with --tensorflow, for instance "default".`, { log });
  if (/no such option/i.test(output)) return new SetupProblem('missing', 'This pip is too old: update it (python3 -m pip install --upgrade pip; 22.2 or later) and run this again.', { log });
  return new SetupProblem('network', `pip could not fetch TensorFlow ${version}: what it said is in ${log}; correct that and run this again.`, { log });
}
