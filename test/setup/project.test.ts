/** Which project is meant, and by which package manager tfjs-node is put into it. */
import { execFileSync, spawnSync } from 'node:child_process';
import { chmodSync, existsSync, mkdirSync, mkdtempSync, readFileSync, realpathSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { describe, expect, it } from 'vitest';
// @ts-expect-error a plain script without types
import { placesOf } from '../../scripts/setup/paths.mjs';
// @ts-expect-error a plain script without types
import { managerOf, projectOf } from '../../scripts/setup/project.mjs';

const managerIn = managerOf as (root: string) => string;
const rootOf = projectOf as (folder: string) => string;
const tfjsIn = (root: string) => (placesOf as (root: string, env: object) => { tfjs: string; modules: string })(root, { HOME: root });

/** A folder with these files; a name that ends in a slash is a folder. */
function folder(files: Readonly<Record<string, string>>): string {
  const root = realpathSync(mkdtempSync(path.join(tmpdir(), 'inferscope-project-')));
  for (const [name, text] of Object.entries(files)) {
    mkdirSync(path.join(root, name.endsWith('/') ? name : path.dirname(name)), { recursive: true });
    if (!name.endsWith('/')) writeFileSync(path.join(root, name), text);
  }
  return root;
}

describe('the project of a folder', () => {
  it('is the nearest one above that has a package.json or node_modules, else the folder', () => {
    const root = folder({ 'package.json': '{}', 'a/b/': '', 'c/node_modules/': '', 'c/d/': '' });
    expect(['.', 'a/b', 'c', 'c/d'].map((name) => rootOf(path.join(root, name)))).toEqual([
      root,
      root,
      path.join(root, 'c'),
      path.join(root, 'c'),
    ]);
  });

  it('has the tfjs-node that Node would find from there: above it too, and where a link leads; the GPU package only alone', () => {
    const manifest = (name: string) => ({ [`node_modules/@tensorflow/${name}/package.json`]: '{}' });
    const above = folder({ ...manifest('tfjs-node'), 'packages/app/package.json': '{}' });
    expect(tfjsIn(path.join(above, 'packages/app')).tfjs).toBe(path.join(above, 'node_modules/@tensorflow/tfjs-node'));
    const store = 'node_modules/.pnpm/tfjs-node@4.22.0/node_modules/@tensorflow/tfjs-node';
    const linked = folder({ [`${store}/package.json`]: '{}', 'node_modules/@tensorflow/': '' });
    symlinkSync(path.join(linked, store), path.join(linked, 'node_modules/@tensorflow/tfjs-node'));
    expect(tfjsIn(linked)).toMatchObject({
      tfjs: path.join(linked, store),
      modules: path.join(linked, 'node_modules/.pnpm/tfjs-node@4.22.0/node_modules'),
    });
    expect(path.basename(tfjsIn(folder(manifest('tfjs-node-gpu'))).tfjs)).toBe('tfjs-node-gpu');
    expect(path.basename(tfjsIn(folder({ ...manifest('tfjs-node-gpu'), ...manifest('tfjs-node') })).tfjs)).toBe('tfjs-node');
  });
});

describe('the package manager', () => {
  it.each([
    ['npm', { '.git/': '' }],
    ['npm', { 'package-lock.json': '{}' }],
    ['pnpm', { 'pnpm-lock.yaml': '' }],
    ['yarn', { 'yarn.lock': '' }],
    ['yarn-berry', { 'yarn.lock': '', '.yarnrc.yml': '' }],
    ['yarn-berry', { 'package.json': '{ "packageManager": "yarn@4.5.0" }' }],
    ['yarn', { 'package.json': '{ "packageManager": "yarn@1.22.22+sha512.abc" }' }],
    ['bun', { 'bun.lock': '' }],
    ['pnpm', { 'package.json': '{ "packageManager": "pnpm@9.1.0" }', 'yarn.lock': '' }],
  ])('%s is told by %j', (manager, files) => {
    expect(managerIn(folder(files))).toBe(manager);
  });

  it('of a workspace is that of its root', () => {
    const root = folder({ 'pnpm-lock.yaml': '', 'packages/app/package.json': '{}' });
    expect(managerIn(path.join(root, 'packages/app'))).toBe('pnpm');
  });
});

describe('setup of a project', () => {
  /** A stand-in for a package manager that writes down what it was asked for, and fails. */
  function setup(files: Readonly<Record<string, string>>, managers: readonly string[] = []) {
    const root = folder({ 'package.json': '{}', '.git/': '', 'bin/': '', ...files });
    for (const name of managers) {
      writeFileSync(path.join(root, 'bin', name), `#!/bin/sh\necho "$@" >> ${root}/asked\nexit 1\n`);
      chmodSync(path.join(root, 'bin', name), 0o755);
    }
    const script = path.resolve('scripts/setup.mjs');
    const { status, stderr } = spawnSync(process.execPath, [script, '--project', root], {
      cwd: root,
      encoding: 'utf8',
      env: { PATH: `${root}/bin:/bin`, INFERSCOPE_CACHE: path.join(root, 'cache') },
    });
    return {
      status,
      last: stderr
        .trim()
        .split('\n')
        .filter((line) => !line.startsWith('Details'))
        .at(-1),
      asked: existsSync(path.join(root, 'asked')) ? readFileSync(path.join(root, 'asked'), 'utf8') : '',
    };
  }

  it.each([
    ['pnpm', { 'pnpm-lock.yaml': '' }, 'add --ignore-scripts @tensorflow/tfjs-node@4.22.0\n'],
    ['yarn', { 'yarn.lock': '' }, 'add --ignore-scripts @tensorflow/tfjs-node@4.22.0\n'],
    ['yarn', { 'yarn.lock': '', '.yarnrc.yml': '' }, 'add --mode=skip-build @tensorflow/tfjs-node@4.22.0\n'],
    [
      'pnpm',
      { 'pnpm-lock.yaml': '', 'package.json': '{ "dependencies": { "@tensorflow/tfjs-node": "4.10.0" } }' },
      'install --ignore-scripts\n',
    ],
  ] as const)(
    'asks %s for tfjs-node without install scripts, in the version that package.json lists if it does',
    (manager, files, asked) => {
      const result = setup(files, [manager]);
      expect(result.asked).toBe(asked);
      expect(result.status).toBe(69);
      expect(result.last).toMatch(new RegExp(`^inferscope: \`${manager} .*\` failed: what it said is in .*install\\.log`));
    },
  );

  it('says what to type where the package manager is not on the PATH', () => {
    expect(setup({ 'pnpm-lock.yaml': '' })).toMatchObject({
      status: 69,
      last: 'inferscope: This project uses pnpm, which is not on the PATH: type `pnpm add --ignore-scripts @tensorflow/tfjs-node@4.22.0` where it is, and run this again.',
    });
  });

  it("refuses Yarn Plug'n'Play with the setting that helps", () => {
    expect(setup({ '.pnp.cjs': '' })).toMatchObject({
      status: 64,
      asked: '',
      last: expect.stringContaining('put "nodeLinker: node-modules" into .yarnrc.yml') as string,
    });
  });

  it('is what `inferscope setup` starts, and changes nothing with --check', () => {
    const root = folder({ 'package.json': '{}' });
    const run = () =>
      execFileSync(process.execPath, [path.resolve('dist/cli/main.js'), 'setup', '--check', '--json'], {
        cwd: root,
        encoding: 'utf8',
        env: { ...process.env, INFERSCOPE_CACHE: path.join(root, 'cache') },
        stdio: ['ignore', 'pipe', 'pipe'],
      });
    expect(run).toThrow(
      expect.objectContaining({
        status: 69,
        stdout: expect.stringMatching(/"ready":false,"packages":"to be installed","command":"npx inferscope setup"/) as string,
      }) as Error,
    );
    expect(existsSync(path.join(root, 'cache'))).toBe(false);
  });
});
