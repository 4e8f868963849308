/**
 * The published package's install script: compiles the session add-on where no prebuilt one fits. Everything else works
 * without it, so this never fails an installation; in a clone there is nothing to do, `npm run setup` does it.
 */
import { spawnSync } from 'node:child_process';
import { createRequire } from 'node:module';
import { existsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

const native = fileURLToPath(new URL('../dist/native', import.meta.url));
const clone = existsSync(new URL('../src', import.meta.url));

if (!clone && process.platform === 'linux' && !hasBinary()) {
  const gyp = process.env.npm_config_node_gyp;
  const [command, args] = gyp === undefined ? ['node-gyp', []] : [process.execPath, [gyp]];
  const { status } = spawnSync(command, [...args, 'rebuild'], { cwd: native, stdio: 'inherit' });
  if (status !== 0) console.error(`inferscope: operations inside session runs will not be visible, because the add-on did not build; a C compiler and \`npx node-gyp rebuild -C ${native}\` change that.`);
}

function hasBinary() {
  try {
    return existsSync(createRequire(import.meta.url)('node-gyp-build').path(native));
  } catch {
    return false;
  }
}
