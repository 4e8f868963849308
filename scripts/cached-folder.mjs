/** Folders that the slow tests need, made once in the cache folder, by one process at a time, and never seen half made. */
import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readFileSync, readdirSync, renameSync, rmSync } from 'node:fs';
import path from 'node:path';
import { withLock } from './setup/lock.mjs';
import { newStaging } from './setup/paths.mjs';
import { run } from './setup/run.mjs';

const TEN_MINUTES_MS = 600_000;

/** A program ended with something else than 0. */
export class Failed extends Error {}

/**
 * Makes sure that `home` is there, or waits for who is making it.
 *
 * @param {import('./setup/paths.mjs').Places} places
 * @param {string} home
 * @param {{ what: string, isMade?: () => boolean, make: (staging: string) => Promise<string> }} how `what` it is, for who waits;
 *   `make` fills the staging folder, and gives the folder in it that becomes `home`
 */
export async function ensureFolder(places, home, { what, isMade = () => existsSync(home), make }) {
  if (isMade()) return;
  mkdirSync(path.dirname(home), { recursive: true });
  const onWait = (/** @type {number} */ pid) => console.error(`Waiting for process ${pid}, which is ${what}.`);
  await withLock(`${home}.lock`, { onWait }, async () => {
    if (isMade()) return;
    const staging = newStaging(places);
    try {
      const made = await make(staging);
      rmSync(home, { recursive: true, force: true });
      renameSync(made, home);
    } finally {
      rmSync(staging, { recursive: true, force: true });
    }
  });
}

/**
 * The archive of a package, fetched by npm into a folder and compared with its checksum.
 *
 * @param {string} folder @param {{ name: string, version: string, integrity: string }} of
 * @returns {Promise<string>} the file @throws {Failed} when npm does not fetch it @throws {Error} when it is not what was tested
 */
export async function fetchPackage(folder, { name, version, integrity }, npm = 'npm') {
  const spec = `${name}@${version}`;
  await must(npm, ['pack', '--silent', '--pack-destination', folder, spec], `npm pack ${spec}`);
  const file = path.join(folder, readdirSync(folder).find((entry) => entry.endsWith('.tgz')) ?? '');
  const found = `sha512-${createHash('sha512').update(readFileSync(file)).digest('base64')}`;
  if (found !== integrity) throw new Error(`${spec} has the checksum ${found} and not ${integrity}: it is not what was tested.`);
  return file;
}

/** Runs a program. @param {string} command @param {readonly string[]} args @throws {Failed} with the end of what it said */
export async function must(command, args, shown = [command, ...args].join(' ')) {
  const { code, output, timedOut } = await run(command, args, { timeoutMs: TEN_MINUTES_MS });
  if (code !== 0) throw new Failed(`${shown}: ${timedOut ? 'not done after 10 minutes' : output.trim().slice(-800)}`);
}
