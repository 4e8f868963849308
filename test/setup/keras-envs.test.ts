import { chmodSync, existsSync, mkdirSync, mkdtempSync, readFileSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { beforeEach, expect, it, vi } from 'vitest';
import { cacheFolder } from '../../src/engines/cache-folder.js';
import { environments } from '../helpers/keras-envs.js';
// @ts-expect-error a plain script without types
import * as paths from '../../scripts/setup/paths.mjs';

let folder: string;

/** A stand-in for Python 3.11 that says its version, makes environments, and installs as `pip` says. */
function python(pip: string): void {
  const bin = path.join(folder, 'pyenv/versions/3.11.9/bin');
  mkdirSync(bin, { recursive: true });
  const file = path.join(bin, 'python3.11');
  writeFileSync(
    file,
    `#!/bin/sh
case "$2" in
  venv) mkdir -p "$3/bin" && cp "$0" "$3/bin/python" ;;
  pip) sleep 0.5; echo "$*" >> "${folder}/pip.txt"; ${pip} ;;
  *json*) echo "a warning of TensorFlow's" >&2; echo '{"python":"3.11.9"}' ;;
  *) echo 3.11 ;;
esac
`,
  );
  chmodSync(file, 0o755);
}

beforeEach(() => {
  folder = mkdtempSync(path.join(tmpdir(), 'inferscope-envs-'));
  vi.stubEnv('PYENV_ROOT', path.join(folder, 'pyenv'));
  vi.stubEnv('INFERSCOPE_CACHE', undefined);
  vi.stubEnv('XDG_CACHE_HOME', path.join(folder, 'cache'));
  return () => vi.unstubAllEnvs();
});

it.skipIf(process.platform === 'win32')(
  'makes an environment once, however many ask for it, and leaves the event loop free meanwhile [not on Windows]',
  async () => {
    python('true');
    let ticks = 0;
    const timer = setInterval(() => (ticks += 1), 10);
    const both = await Promise.all([environments.ensureEnvironment('tf-2.15.1'), environments.ensureEnvironment('tf-2.15.1')]);
    clearInterval(timer);
    expect(both.map(({ status }) => status).sort()).toEqual(['made', 'ready']);
    expect(both.map(({ detail }) => detail)).toEqual(['{"python":"3.11.9"}', '{"python":"3.11.9"}']);
    expect(readFileSync(path.join(folder, 'pip.txt'), 'utf8')).toBe(
      '-m pip install --quiet --disable-pip-version-check tensorflow-cpu==2.15.1\n',
    );
    // Blocked in pip, none would run before its end.
    expect(ticks).toBeGreaterThan(5);
  },
);

it.skipIf(process.platform === 'win32')(
  'says what pip said where it fails, and does not take the rest for an environment [not on Windows]',
  async () => {
    python('echo "no such package" >&2; exit 1');
    expect(await environments.ensureEnvironment('tf-2.15.1')).toMatchObject({
      status: 'failed',
      detail: expect.stringMatching(/-m pip install .*: no such package$/),
    });
    expect(environments.readyPython('tf-2.15.1')).toBeNull();
    expect(existsSync(path.join(folder, 'cache/inferscope/keras/tf-2.15.1.lock'))).toBe(false);
  },
);

it.each([
  {},
  { HOME: '/home/a' },
  { HOME: '/home/a', XDG_CACHE_HOME: '/b' },
  { HOME: '/home/a', XDG_CACHE_HOME: 'relative' },
  { HOME: '/home/a', XDG_CACHE_HOME: '/b', INFERSCOPE_CACHE: 'c' },
])('what is built finds the cache where the scripts fill it: %j', (env) => {
  expect(cacheFolder(env)).toBe((paths as { cacheFolder(of: object): string }).cacheFolder(env));
});
