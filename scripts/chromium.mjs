/**
 * Finds a Chromium for the browser tests and the README's pictures, and installs Debian's when there is none.
 * `node scripts/chromium.mjs` prints its path.
 */
import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { pathToFileURL } from 'node:url';

const PLACES = ['/usr/bin/chromium', '/usr/bin/chromium-browser', '/usr/bin/google-chrome'];

/** Headless, and silent on the network whatever the browser's own habits. */
export const CHROMIUM_FLAGS = [
  '--headless',
  '--no-sandbox',
  '--disable-gpu',
  '--disable-quic',
  '--no-first-run',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
];

/** @returns {string} the path; @throws with the remedy when none is there and none can be installed */
export function findChromium() {
  const found = [process.env.INFERSCOPE_CHROMIUM, ...PLACES].find((place) => place !== undefined && existsSync(place));
  if (found !== undefined) return found;
  if (process.getuid?.() === 0 && existsSync('/usr/bin/apt-get')) {
    console.error('No Chromium here: installing the package `chromium`.');
    spawnSync('apt-get', ['update', '-qq'], { stdio: ['ignore', 'ignore', 'inherit'] });
    spawnSync('apt-get', ['install', '-y', '-qq', '--no-install-recommends', 'chromium', 'fonts-dejavu-core'], { stdio: ['ignore', 'ignore', 'inherit'], env: { ...process.env, DEBIAN_FRONTEND: 'noninteractive' } });
  }
  const installed = PLACES.find((place) => existsSync(place));
  if (installed !== undefined) return installed;
  throw new Error('No Chromium was found. Install the package `chromium`, or set INFERSCOPE_CHROMIUM to the path of one.');
}

if (import.meta.url === pathToFileURL(process.argv[1] ?? '').href) console.log(findChromium());
